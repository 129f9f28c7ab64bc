"""What is said to a host and what it answers, as data.

``command``    commands, uploads and changes, and how they are quoted for a shell
``question``   a question with the parser of its answer, and answers typed by their questions
``script``     the two scripts of a task: one that asks, one that changes and asks again
``files``      the shell that stands in files beside the modules that send it
``framing``    what a host prints, as answers and events
``packages``   Debian's packages: asked for and installed
``tools``      the programs that images need: asked for
``groups``     the host's groups: asked for and created
``objects``    its containers and images: asked for
"""

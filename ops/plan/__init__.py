"""What is said to a host and what it answers, as data.

``command``    commands, uploads and changes; nothing else quotes for a shell
``question``   a question with the parser of its answer, and answers typed by their questions
``script``     the two scripts that a host ever gets; ``scripts`` reads what of them stands in files
``framing``    what a host prints, as answers and events
``packages``   Debian's packages: asked for and installed
``groups``     the host's groups: asked for and created
"""

# Debian's /etc/profile sets PATH anew for a login shell, which JupyterLab's terminal is.
export PATH="/opt/venv/bin:$PATH:$HOME/.local/bin"

"""The tests' Jupyter server with one handler more, which does nothing but be a JupyterHandler: the measure of ours."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from serve import TellingServerApp


class ConstantHandler(JupyterHandler):
    @allow_unauthenticated
    def get(self):
        self.finish("constant")


class MeasuredServerApp(TellingServerApp):
    def init_webapp(self):
        super().init_webapp()
        self.web_app.add_handlers(".*$", [(f"{self.base_url}constant", ConstantHandler)])


if __name__ == "__main__":
    MeasuredServerApp.launch_instance()

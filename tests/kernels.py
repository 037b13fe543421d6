"""Real IPython kernels, driven as a front end drives them; every message that a front end sees is kept."""

import queue
import time

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop


class Kernel:
    """A kernel and what it has said so far."""

    def __init__(self, client, manager=None):
        self.client = client
        self.manager = manager
        self.messages = []
        client.start_channels()
        client.wait_for_ready(60)

    @classmethod
    def start(cls, *, environment, folder):
        """Start a kernel with this environment."""
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(env=environment, cwd=str(folder))
        return cls(manager.blocking_client(), manager)

    @classmethod
    def attach(cls, connection_file):
        """Attach to a kernel that somebody else has started."""
        client = BlockingKernelClient(connection_file=str(connection_file))
        client.load_connection_file()
        return cls(client)

    def run(self, code, *, allow_stdin=True, on_message=None, seconds=30):
        """Run a cell; returns its messages. `on_message` sees each as it comes."""
        run = self.begin(code, allow_stdin=allow_stdin)
        return self.finish(run, on_message=on_message, seconds=seconds)

    def begin(self, code, *, allow_stdin=True):
        return self.client.execute(code, allow_stdin=allow_stdin)

    def finish(self, run, *, on_message=None, seconds=30):
        messages = []
        deadline = time.monotonic() + seconds
        while True:
            message = self.next_message(deadline - time.monotonic())
            messages.append(message)
            if on_message is not None:
                on_message(message)
            idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
            if idle and message["parent_header"].get("msg_id") == run:
                return messages

    def next_message(self, seconds):
        try:
            message = self.client.get_iopub_msg(timeout=max(seconds, 0.01))
        except queue.Empty:
            raise AssertionError("timed out waiting for the kernel") from None
        self.messages.append(message)
        return message

    def wait_for(self, condition, seconds=15):
        """Take messages until one fulfils the condition."""
        deadline = time.monotonic() + seconds
        while not condition(message := self.next_message(deadline - time.monotonic())):
            pass
        return message

    def value(self, expression):
        """Return an expression's text."""
        return text_of(self.run(expression))

    def stop(self):
        self.client.stop_channels()
        if self.manager is not None:
            self.manager.shutdown_kernel(now=True)
            self.manager.cleanup_resources()
        self.client.context.destroy()
        ensure_event_loop().close()  # jupyter_client makes one and leaves it


def error_of(messages):
    """Return name and shown text of the error of a cell."""
    (error,) = [message["content"] for message in messages if message["msg_type"] == "error"]
    return error["ename"], "\n".join(error["traceback"])


def text_of(messages):
    """Return what a cell showed, as plain text."""
    return "\n".join(
        message["content"]["text"]
        if message["msg_type"] == "stream"
        else message["content"]["data"].get("text/plain", "")
        for message in messages
        if message["msg_type"] in ("stream", "display_data", "update_display_data", "execute_result")
    )


def start_url_of(message):
    """Return the start page's address if this message opens or updates a sign-in button."""
    data = message["content"].get("data", {})
    state = data.get("state", {}) if isinstance(data, dict) else {}
    return state.get("view", {}).get("start_url") if isinstance(state, dict) else None

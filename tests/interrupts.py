"""KeyboardInterrupts at a chosen step of a call, in place of signals at chance moments."""

import _weakrefset
import itertools
import opcode
import sys
import weakref

__all__ = ["interrupt_at"]

_HANDLED_AFTER = ("CALL", "JUMP_BACKWARD", "WITH_EXCEPT_START")
_SWALLOWED = {
    weakref.__file__,
    _weakrefset.__file__,
}  # what is raised in a weak reference's callback, Python only prints


def interrupt_at(step, call):
    """Make a call, interrupted at its nth step unless it ends before; tell whether it was interrupted.

    The steps are where CPython handles signals: where a Python function begins, after a call, and before a loop's body
    runs again; in all the functions that the calling thread goes through.
    """
    steps, last, tracer = itertools.count(), {}, sys.gettrace()

    def trace(frame, event, _argument):
        if frame.f_code.co_filename in _SWALLOWED:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        before = last.get(id(frame), "")
        last[id(frame)] = opcode.opname[frame.f_code.co_code[frame.f_lasti]] if event == "opcode" else ""
        is_step = event == "call" or (event == "opcode" and before.startswith(_HANDLED_AFTER))
        if is_step and next(steps) == step:
            raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(tracer)
    return False

"""The example is short, and does what it says."""

import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import Person, server

FEDERATE = Path(__file__).parent.parent / "examples/federate.py"


def heed_interrupts():
    """What a shell starts in the background ignores them, and all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Example(unittest.TestCase):
    def test_two_accounts_are_federated_in_less_than_60_lines(self):
        self.assertLess(len(FEDERATE.read_text().splitlines()), 60)
        with server() as ready, tempfile.TemporaryDirectory() as folder:
            alice, bob = (Person(ready["url"], u, p) for u, p in (("alice", "wonder"), ("bob", "builder")))
            alice.put(alice.calendars()["Work"], "choir", "Choir")
            words = [folder, ready["url"], "alice", "wonder", ready["url"], "bob", "builder"]
            command = [sys.executable, "-u", FEDERATE, *words]
            program = subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
            )
            try:
                said = program.stdout.readline()
                self.assertIn("SETTLED", said)
                self.assertEqual(bob.titles(bob.calendars()["Other calendars"]), ["Busy"])
                program.send_signal(signal.SIGINT)
                self.assertEqual(program.wait(10), 0)
            finally:
                program.kill()
                program.wait()
                program.stdout.close()


if __name__ == "__main__":
    unittest.main()

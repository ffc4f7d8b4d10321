"""Runs the test cases of Eclipse Paho's interoperability tests one by one: a JSON line for each.

run.py FOLDER MODULE PORT: FOLDER is `interoperability` of eclipse/paho.mqtt.testing, MODULE client_test or client_test5.
What their command line would set is set here, since the two modules read it differently.
"""

import contextlib
import importlib
import io
import json
import logging
import sys
import unittest

folder, name, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path.insert(0, folder)
logging.getLogger().setLevel(logging.ERROR)
module = importlib.import_module(name)
prefix = "client_test5/" if name == "client_test5" else ""
module.host = "127.0.0.1"
module.port = port
module.topic_prefix = prefix
module.topics = [prefix + topic for topic in ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")]
module.wildtopics = [prefix + topic for topic in ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")]
module.nosubscribe_topics = ("test/nosubscribe",)


class Report(unittest.TestResult):
    def report(self, test, **verdict):
        line = {"case": f"{name} {test.id().split('.')[-1]}", **verdict}
        print(json.dumps(line), file=sys.__stdout__, flush=True)

    def addSuccess(self, test):
        self.report(test, outcome="passed")

    def addFailure(self, test, error):
        self.report(test, outcome="failed", reason=str(error[1]).strip().splitlines()[0] or "assertion")

    def addError(self, test, error):
        self.report(test, outcome="failed", reason=f"{error[0].__name__}: {error[1]}")

    def addSkip(self, test, reason):
        self.report(test, outcome="skipped", reason=reason)


said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    unittest.defaultTestLoader.loadTestsFromModule(module).run(Report())

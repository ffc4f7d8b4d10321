"""One client of Debian's python3-paho-mqtt over mutual TLS.

The first argument is JSON: where and who. What it is to do comes as JSON lines on stdin, and what happens to it goes as
JSON lines to stdout. The end of stdin ends it without a DISCONNECT.
"""

import json
import os
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

KEEP_ALIVE_SECONDS = 30
SESSION_EXPIRY_SECONDS = 60


def say(event, **more):
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


def new_client(start):
    if start["version"] == 5:
        return mqtt.Client(client_id=start["clientId"], protocol=mqtt.MQTTv5)
    return mqtt.Client(client_id=start["clientId"], protocol=mqtt.MQTTv311, clean_session=not start["kept"])


def connect(client, start):
    options = {}
    if start["version"] == 5:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_SECONDS if start["kept"] else 0
        options = {"clean_start": not start["kept"], "properties": properties}
    client.connect("localhost", start["port"], KEEP_ALIVE_SECONDS, **options)


def number(reason):
    return reason if isinstance(reason, int) else reason.value


def listen(client):
    client.on_connect = lambda _client, _data, flags, reason, *_: say(
        "connected", reason=number(reason), sessionPresent=bool(flags["session present"])
    )
    client.on_subscribe = lambda _client, _data, _mid, codes, *_: say("subscribed", codes=[number(code) for code in codes])
    client.on_publish = lambda *_: say("published")
    client.on_message = lambda _client, _data, message: say(
        "message",
        topic=message.topic,
        text=message.payload.decode(),
        qos=message.qos,
        retain=bool(message.retain),
    )
    client.on_disconnect = lambda *_: say("disconnected")


def main():
    start = json.loads(sys.argv[1])
    client = new_client(start)
    client.tls_set(ca_certs=start["ca"], certfile=start["certificate"], keyfile=start["key"])
    if "will" in start:
        client.will_set(start["will"]["topic"], start["will"]["text"], qos=1)
    listen(client)
    connect(client, start)
    client.loop_start()
    for line in sys.stdin:
        task = json.loads(line)
        if task["do"] == "subscribe":
            client.subscribe(task["topic"], task["qos"])
        elif task["do"] == "publish":
            client.publish(task["topic"], task["text"], task["qos"], task["retain"])
        elif task["do"] == "disconnect":
            client.disconnect()
    os._exit(0)


main()

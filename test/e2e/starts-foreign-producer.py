"""Produces starts with librdkafka, whose default partitioner is not the Java client's.

python3 starts-foreign-producer.py BROKERS TOPIC COUNT CODEC: COUNT records `python-<codec>-<n>`, every third
without a key, in one compressed batch where they fall into one partition.
"""

import json
import sys

from confluent_kafka import Producer

brokers, topic, count, codec = sys.argv[1:]
failed = []


def on_delivery(error, _message):
    if error is not None:
        failed.append(str(error))


producer = Producer(
    {"bootstrap.servers": brokers, "compression.type": codec, "linger.ms": 200}
)
for n in range(int(count)):
    order = f"python-{codec}-{n}"
    start = {"namespace": "shop", "flow": "door", "inputs": {"order": order}}
    key = None if n % 3 == 0 else order
    producer.produce(topic, json.dumps(start), key=key, on_delivery=on_delivery)
producer.flush(30)
sys.exit("; ".join(failed) or 0)

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes what the Java client writes, for readers of ours to prove themselves on:
 * java -cp '<jars>/*' ForeignProducer.java BROKERS TOPIC
 *
 * Partition 0-4: 500 records each, uncompressed, gzip, snappy, lz4, zstd, in batches as large as they get.
 * Partition 5: "committed" and "plain", between records of two transactions that are aborted in the other order
 * than they began.
 */
public class ForeignProducer {
  static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
  static final int RECORDS = 500;

  public static void main(String[] args) throws Exception {
    for (int partition = 0; partition < CODECS.size(); partition++) {
      try (var producer = producer(args[0], Map.of("compression.type", CODECS.get(partition)))) {
        for (int i = 0; i < RECORDS; i++) producer.send(record(args[1], partition, i));
      }
    }
    transactions(args[0], args[1], CODECS.size());
  }

  static ProducerRecord<String, String> record(String topic, int partition, int i) {
    String value = i % 50 == 49 ? null : "{\"i\":" + i + ",\"text\":\"" + "grüße ".repeat(60) + "\"}";
    var record = new ProducerRecord<>(topic, partition, i % 3 == 0 ? null : "key-" + i, value);
    record.headers().add("number", Integer.toString(i).getBytes(StandardCharsets.UTF_8));
    return record;
  }

  static void transactions(String brokers, String topic, int partition) throws Exception {
    try (var first = producer(brokers, Map.of("transactional.id", topic + "-first"));
        var second = producer(brokers, Map.of("transactional.id", topic + "-second"));
        var plain = producer(brokers, Map.of())) {
      first.initTransactions();
      second.initTransactions();
      first.beginTransaction();
      first.send(new ProducerRecord<>(topic, partition, null, "aborted last")).get();
      second.beginTransaction();
      second.send(new ProducerRecord<>(topic, partition, null, "aborted first")).get();
      second.abortTransaction();
      second.beginTransaction();
      second.send(new ProducerRecord<>(topic, partition, null, "committed")).get();
      second.commitTransaction();
      first.send(new ProducerRecord<>(topic, partition, null, "aborted last, too")).get();
      first.abortTransaction();
      plain.send(new ProducerRecord<>(topic, partition, null, "plain")).get();
    }
  }

  static KafkaProducer<String, String> producer(String brokers, Map<String, String> settings) {
    var all = new java.util.HashMap<String, Object>(settings);
    all.put("bootstrap.servers", brokers);
    all.put("linger.ms", "200");
    all.put("batch.size", "900000");
    return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
  }
}

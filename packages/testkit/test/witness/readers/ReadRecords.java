import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads topics from their first offsets to their ends and prints a JSON line for each record, bytes in hexadecimal, with the
 * partition that Java's producer would have chosen for its key: {@code ReadRecords BROKERS TOPIC...}.
 */
final class ReadRecords {
    public static void main(String[] arguments) {
        // Whoever checks no checksums would take damaged ones too; this is the default, and meant.
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0], "check.crcs", true);
        try (var consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            for (var topic : List.of(arguments).subList(1, arguments.length)) {
                read(consumer, topic);
            }
        }
    }

    private static void read(KafkaConsumer<byte[], byte[]> consumer, String topic) {
        var partitions = new ArrayList<TopicPartition>();
        consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        var ends = consumer.endOffsets(partitions);
        while (partitions.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
            for (var one : consumer.poll(Duration.ofSeconds(1))) {
                System.out.println(line(one, partitions.size()));
            }
        }
    }

    private static String line(ConsumerRecord<byte[], byte[]> one, int partitions) {
        var headers = new ArrayList<String>();
        for (var header : one.headers()) {
            headers.add("[" + hex(header.key().getBytes(java.nio.charset.StandardCharsets.UTF_8)) + ","
                    + hex(header.value()) + "]");
        }
        var keyPartition = one.key() == null ? -1 : BuiltInPartitioner.partitionForKey(one.key(), partitions);
        return "{\"topic\":\"" + one.topic() + "\",\"partition\":" + one.partition() + ",\"offset\":\""
                + one.offset() + "\",\"timestampMs\":\"" + one.timestamp() + "\",\"key\":" + hex(one.key())
                + ",\"value\":" + hex(one.value()) + ",\"headers\":[" + String.join(",", headers)
                + "],\"timestampType\":\"" + one.timestampType() + "\",\"keyPartition\":" + keyPartition + "}";
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "null" : "\"" + HexFormat.of().formatHex(bytes) + "\"";
    }
}

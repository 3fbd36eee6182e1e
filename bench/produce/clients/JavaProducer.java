import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Kafka's own client as its performance tool drives it: one send and one callback a record, here with batches of 1 MB.
 * Prints one JSON line: {@code JavaProducer BROKERS TOPIC RECORDS WARM_UP PAYLOADS_FILE}.
 */
final class JavaProducer {
    private static volatile Exception failure;

    public static void main(String[] arguments) throws Exception {
        var topic = arguments[1];
        var records = Long.parseLong(arguments[2]);
        var warmUp = Long.parseLong(arguments[3]);
        var payloads = readPayloads(Path.of(arguments[4]));
        // The process's time, so that the sender's, the collector's and the compiler's threads count as well.
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", arguments[0],
                "compression.type", "snappy",
                "acks", "1",
                "enable.idempotence", false,
                "linger.ms", 5,
                "batch.size", 1_000_000,
                "buffer.memory", 128L << 20);
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            produce(producer, topic, warmUp, payloads);
            var cpuBefore = system.getProcessCpuTime();
            var startedAt = System.nanoTime();
            produce(producer, topic, records, payloads);
            var seconds = (System.nanoTime() - startedAt) / 1e9;
            var cpuSeconds = (system.getProcessCpuTime() - cpuBefore) / 1e9;
            System.out.printf(
                    "{\"records\": %d, \"seconds\": %s, \"cpuSeconds\": %s, \"peakRssBytes\": %d, \"client\": \"kafka-clients %s, Java %s\"}%n",
                    records, seconds, cpuSeconds, peakRssBytes(), AppInfoParser.getVersion(), Runtime.version());
        }
    }

    private static void produce(KafkaProducer<byte[], byte[]> producer, String topic, long count, List<byte[]> payloads)
            throws Exception {
        Callback onReport = (metadata, error) -> {
            if (error != null) failure = error;
        };
        for (long index = 0; index < count; index++) {
            producer.send(new ProducerRecord<>(topic, payloads.get((int) (index % payloads.size()))), onReport);
        }
        producer.flush();
        if (failure != null) throw failure;
    }

    private static List<byte[]> readPayloads(Path file) throws Exception {
        var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        var payloads = new ArrayList<byte[]>();
        while (bytes.hasRemaining()) {
            var payload = new byte[bytes.getInt()];
            bytes.get(payload);
            payloads.add(payload);
        }
        return payloads;
    }

    private static long peakRssBytes() throws Exception {
        for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) return 1_024 * Long.parseLong(line.replaceAll("\\D", ""));
        }
        throw new IllegalStateException("/proc/self/status has no VmHWM");
    }
}

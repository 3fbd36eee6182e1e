/*
 * librdkafka with batches of 1 MB. Prints one JSON line.
 *
 *   rdkafka_producer BROKERS TOPIC RECORDS WARM_UP PAYLOADS_FILE IDEMPOTENT HOW
 *
 * HOW "batches" is librdkafka at its best: records handed over in batches, to a partition named by the caller, so that no
 * partitioner runs; they stay the caller's memory, so that none is copied; failures alone are reported back. "records"
 * is how it is mostly used: one call a record, which copies it, and one report a record. A number is a pace in records
 * per second: each record is then timed from its call to its report.
 */
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { partitions = 3, batch_records = 5000, flush_limit_ms = 300000 };

static char *payload_bytes;
static struct {
    void *start;
    size_t length;
} *payloads;
static long payload_count;

static rd_kafka_t *producer;
static rd_kafka_topic_t *topic;
static long failed;
static long *latencies_us;
static long latency_count;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static long now_us(void) { return (long)(now_seconds() * 1e6); }

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* getrusage's figure won't do: across exec it keeps that of the process that started this one. */
static long peak_rss_bytes(void) {
    char line[256];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (status == NULL) fail("/proc/self/status", "can't be read");
    while (fgets(line, sizeof line, status) != NULL && sscanf(line, "VmHWM: %ld", &kilobytes) != 1) continue;
    fclose(status);
    return kilobytes * 1024;
}

static void read_payloads(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path, "can't be read");
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    payload_bytes = malloc(size);
    if (fread(payload_bytes, 1, size, file) != (size_t)size) fail(path, "can't be read");
    fclose(file);
    payloads = malloc((size / 4) * sizeof *payloads);
    for (long position = 0; position < size; payload_count++) {
        const unsigned char *prefix = (unsigned char *)payload_bytes + position;
        size_t length = prefix[0] | prefix[1] << 8 | prefix[2] << 16 | (size_t)prefix[3] << 24;
        payloads[payload_count].start = payload_bytes + position + 4;
        payloads[payload_count].length = length;
        position += 4 + length;
    }
}

static void on_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    (void)opaque;
    if (message->err) failed++;
    if (latencies_us != NULL) latencies_us[latency_count++] = now_us() - (intptr_t)message->_private;
}

static void flush(void) {
    rd_kafka_resp_err_t error = rd_kafka_flush(producer, flush_limit_ms);
    if (error) fail("flush", rd_kafka_err2str(error));
    while (rd_kafka_poll(producer, 0) > 0) continue;
    if (rd_kafka_outq_len(producer) != 0) fail("flush", "records are left in the queue");
    if (failed > 0) fail("delivery", "records have failed");
}

static void produce_one(long index, int partition, int flags, long opaque) {
    void *start = payloads[index % payload_count].start;
    size_t length = payloads[index % payload_count].length;
    while (rd_kafka_produce(topic, partition, flags, start, length, NULL, 0, (void *)(intptr_t)opaque) != 0) {
        rd_kafka_resp_err_t error = rd_kafka_last_error();
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(error));
        rd_kafka_poll(producer, 1);
    }
}

static void produce_records(long count) {
    for (long sent = 0; sent < count; sent++) {
        produce_one(sent, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, 0);
        if (sent % 1000 == 0) rd_kafka_poll(producer, 0);
    }
    flush();
}

static void produce_batches(long count) {
    static rd_kafka_message_t batch[batch_records];
    for (long sent = 0; sent < count;) {
        int size = count - sent < batch_records ? (int)(count - sent) : batch_records;
        int partition = (int)(sent / batch_records % partitions);
        for (int index = 0; index < size; index++) {
            memset(&batch[index], 0, sizeof batch[index]);
            batch[index].payload = payloads[(sent + index) % payload_count].start;
            batch[index].len = payloads[(sent + index) % payload_count].length;
        }
        sent += size;
        while (rd_kafka_produce_batch(topic, partition, 0, batch, size) < size) {
            int left = 0;
            for (int index = 0; index < size; index++) {
                if (!batch[index].err) continue;
                if (batch[index].err != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(batch[index].err));
                batch[left] = batch[index];
                batch[left++].err = 0;
            }
            size = left;
            rd_kafka_poll(producer, 1);
        }
    }
    flush();
}

static void produce_at_pace(long count, double rate) {
    double started = now_seconds();
    long sent = 0;
    latency_count = 0;
    for (long tick = 0; sent < count; tick++) {
        long due = (long)((now_seconds() - started) * rate);
        for (; sent < due && sent < count; sent++) produce_one(sent, (int)(tick % partitions), 0, now_us());
        rd_kafka_poll(producer, 1);
    }
    flush();
}

static int ascending(const void *one, const void *other) {
    long difference = *(const long *)one - *(const long *)other;
    return (difference > 0) - (difference < 0);
}

static void print_latencies(void) {
    qsort(latencies_us, latency_count, sizeof *latencies_us, ascending);
    printf(", \"latencyMs\": {\"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}", latencies_us[latency_count / 2] / 1e3,
           latencies_us[latency_count * 99 / 100] / 1e3, latencies_us[latency_count - 1] / 1e3);
}

static void produce(long count, const char *how) {
    if (strcmp(how, "batches") == 0) produce_batches(count);
    else if (strcmp(how, "records") == 0) produce_records(count);
    else produce_at_pace(count, atof(how));
}

static void set(rd_kafka_conf_t *settings, const char *name, const char *value) {
    char error[256];
    if (rd_kafka_conf_set(settings, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(name, error);
}

int main(int count, char **arguments) {
    if (count != 8) fail("usage", "rdkafka_producer BROKERS TOPIC RECORDS WARM_UP PAYLOADS_FILE IDEMPOTENT HOW");
    long records = atol(arguments[3]);
    long warm_up = atol(arguments[4]);
    const char *idempotent = arguments[6];
    const char *how = arguments[7];
    int is_timed = atof(how) > 0;
    char error[256];
    read_payloads(arguments[5]);
    if (is_timed) latencies_us = malloc((records > warm_up ? records : warm_up) * sizeof *latencies_us);

    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    set(settings, "bootstrap.servers", arguments[1]);
    set(settings, "compression.codec", "snappy");
    set(settings, "enable.idempotence", idempotent);
    set(settings, "acks", strcmp(idempotent, "true") == 0 ? "all" : "1");
    set(settings, "linger.ms", "5");
    set(settings, "batch.size", "1000000");
    set(settings, "batch.num.messages", "100000");
    set(settings, "queue.buffering.max.messages", "500000");
    set(settings, "delivery.report.only.error", strcmp(how, "batches") == 0 ? "true" : "false");
    rd_kafka_conf_set_dr_msg_cb(settings, on_report);
    producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof error);
    if (producer == NULL) fail("client", error);
    topic = rd_kafka_topic_new(producer, arguments[2], NULL);

    produce(warm_up, how);
    double cpu = cpu_seconds();
    double started = now_seconds();
    produce(records, how);
    double seconds = now_seconds() - started;
    cpu = cpu_seconds() - cpu;
    printf("{\"records\": %ld, \"seconds\": %.6f, \"cpuSeconds\": %.6f, \"peakRssBytes\": %ld, \"client\": \"librdkafka %s\"",
           records, seconds, cpu, peak_rss_bytes(), rd_kafka_version_str());
    if (is_timed) print_latencies();
    printf("}\n");
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
    return 0;
}

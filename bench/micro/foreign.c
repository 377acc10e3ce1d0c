#define _GNU_SOURCE
#include "foreign.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int bench_foreign_next(int value) { return value + 1; }

static void sleep_nanoseconds(int64_t nanoseconds) {
  struct timespec left = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  while (nanosleep(&left, &left) == -1 && errno == EINTR) {
  }
}

void bench_foreign_block(unsigned milliseconds) { sleep_nanoseconds((int64_t)milliseconds * 1000000); }

int64_t bench_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct writer {
  int fd;
  unsigned period_microseconds;
  unsigned messages;
};

static void* write_stamps(void* argument) {
  struct writer writer = *(struct writer*)argument;
  free(argument);
  for (unsigned i = 0; i < writer.messages; ++i) {
    sleep_nanoseconds((int64_t)writer.period_microseconds * 1000);
    const int64_t now = bench_monotonic_nanoseconds();
    if (write(writer.fd, &now, sizeof now) != (ssize_t)sizeof now) break;
  }
  close(writer.fd);
  return NULL;
}

int bench_start_writer(int fd, unsigned period_microseconds, unsigned messages) {
  struct writer* writer = malloc(sizeof *writer);
  if (writer == NULL) return ENOMEM;
  *writer = (struct writer){fd, period_microseconds, messages};
  pthread_t thread;
  const int error = pthread_create(&thread, NULL, write_stamps, writer);
  if (error != 0) {
    free(writer);
    return error;
  }
  return pthread_detach(thread);
}

struct usage {
  long long switches;
  long long cpu_nanoseconds;
};

static void add_thread(struct usage* usage, const char* thread_id) {
  char path[64];
  char line[256];
  snprintf(path, sizeof path, "/proc/self/task/%.16s/status", thread_id);
  FILE* file = fopen(path, "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    long long switches;
    if (sscanf(line, "voluntary_ctxt_switches: %lld", &switches) == 1) usage->switches += switches;
  }
  if (file != NULL) fclose(file);
  snprintf(path, sizeof path, "/proc/self/task/%.16s/schedstat", thread_id);
  file = fopen(path, "r");
  long long cpu_nanoseconds = 0;
  if (file != NULL && fscanf(file, "%lld", &cpu_nanoseconds) == 1) usage->cpu_nanoseconds += cpu_nanoseconds;
  if (file != NULL) fclose(file);
}

static struct usage read_usage(void) {
  struct usage usage = {0, 0};
  DIR* tasks = opendir("/proc/self/task");
  struct dirent* task;
  while (tasks != NULL && (task = readdir(tasks)) != NULL) {
    if (task->d_name[0] != '.' && atoi(task->d_name) != gettid()) add_thread(&usage, task->d_name);
  }
  if (tasks != NULL) closedir(tasks);
  return usage;
}

static struct {
  pthread_t thread;
  unsigned settle_milliseconds;
  unsigned measure_milliseconds;
  struct bench_idle result;
} meter;

static void* measure_idle(void* unused) {
  (void)unused;
  bench_foreign_block(meter.settle_milliseconds);
  const struct usage before = read_usage();
  bench_foreign_block(meter.measure_milliseconds);
  const struct usage after = read_usage();
  const double seconds = meter.measure_milliseconds / 1e3;
  meter.result.wakeups_per_second = (double)(after.switches - before.switches) / seconds;
  meter.result.cpu_microseconds_per_second = (double)(after.cpu_nanoseconds - before.cpu_nanoseconds) / 1e3 / seconds;
  return NULL;
}

int bench_start_idle_meter(unsigned settle_milliseconds, unsigned measure_milliseconds) {
  meter.settle_milliseconds = settle_milliseconds;
  meter.measure_milliseconds = measure_milliseconds;
  return pthread_create(&meter.thread, NULL, measure_idle, NULL);
}

struct bench_idle bench_idle_result(void) {
  pthread_join(meter.thread, NULL);
  return meter.result;
}

// EXPECT: a job takes a weft::Context or nothing
#include "weft/sync/worker_pool.h"
void f(weft::WorkerPool& jobs) {
  jobs.submit(weft::Context(), [](int) {});
}

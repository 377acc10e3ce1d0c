// weft/sync.h: all of weft's synchronization: Mutex, SharedMutex, CondVar, WaitGroup, Once, Lazy, Semaphore, Group,
// Pool, WorkerPool, ConcurrentMap. Each stands in a header of its own under weft/sync/.
// Not here: channels (chan.h), contexts (context.h). Guide: docs/guide/sync.md
#pragma once

#include "weft/sync/concurrent_map.h"
#include "weft/sync/cond_var.h"
#include "weft/sync/group.h"
#include "weft/sync/lazy.h"
#include "weft/sync/mutex.h"
#include "weft/sync/once.h"
#include "weft/sync/pool.h"
#include "weft/sync/semaphore.h"
#include "weft/sync/shared_mutex.h"
#include "weft/sync/wait_group.h"
#include "weft/sync/worker_pool.h"

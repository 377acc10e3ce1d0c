// The contract of the locks and CondVar: the standard library's lock types and algorithms take them.
#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <system_error>

#include "conformance.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/sync/cond_var.h"
#include "weft/sync/mutex.h"
#include "weft/sync/shared_mutex.h"

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;

template <class M>
concept TimedLockable = requires(M m) {
  m.lock();
  m.unlock();
  { m.try_lock() } -> std::same_as<bool>;
  { m.try_lock_for(1ms) } -> std::same_as<bool>;
  { m.try_lock_until(steady_clock::now()) } -> std::same_as<bool>;
  { m.try_lock_until(system_clock::now()) } -> std::same_as<bool>;
};
template <class M>
concept SharedTimedLockable = requires(M m) {
  m.lock_shared();
  m.unlock_shared();
  { m.try_lock_shared() } -> std::same_as<bool>;
  { m.try_lock_shared_for(1ms) } -> std::same_as<bool>;
  { m.try_lock_shared_until(steady_clock::now()) } -> std::same_as<bool>;
  { m.try_lock_shared_until(system_clock::now()) } -> std::same_as<bool>;
};
static_assert(TimedLockable<weft::Mutex> && TimedLockable<weft::SharedMutex> && SharedTimedLockable<weft::SharedMutex>);

constinit weft::Mutex global_mutex;
constinit weft::SharedMutex global_shared_mutex;
constinit weft::CondVar global_cond_var;

class ApiLocksConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiLocksConformance);

TEST_P(ApiLocksConformance, UniqueLocksOfEveryKind) {
  perform([] {
    weft::Mutex m;
    {
      const std::lock_guard lock{m};
    }
    EXPECT_TRUE(std::unique_lock(m).owns_lock());
    EXPECT_TRUE(std::unique_lock(m, std::try_to_lock).owns_lock());
    EXPECT_TRUE(std::unique_lock(m, 10ms).owns_lock());
    EXPECT_TRUE(std::unique_lock(m, steady_clock::now() + 10ms).owns_lock());
    std::unique_lock deferred{m, std::defer_lock};
    EXPECT_TRUE(deferred.try_lock_for(1ms));
    EXPECT_FALSE(m.try_lock());
    EXPECT_FALSE(m.try_lock_for(1ms));
    EXPECT_FALSE(m.try_lock_for(std::chrono::hours::min()));
    EXPECT_FALSE(m.try_lock_until(system_clock::time_point::min()));
    deferred.unlock();
    EXPECT_TRUE(m.try_lock_for(std::chrono::hours::max()));
    m.unlock();
    EXPECT_TRUE(m.try_lock_until(steady_clock::time_point::max()));
    m.unlock();
    EXPECT_THROW(m.unlock(), weft::usage_error);
  });
}

TEST_P(ApiLocksConformance, SharedLocksOfEveryKind) {
  perform([] {
    weft::SharedMutex m;
    {
      const std::shared_lock one{m};
      const std::shared_lock two{m, 10ms};
      const std::shared_lock three{m, std::try_to_lock};
      EXPECT_TRUE(two.owns_lock() && three.owns_lock());
      EXPECT_FALSE(m.try_lock() || m.try_lock_for(1ms) || m.try_lock_until(steady_clock::now()));
    }
    const std::unique_lock writer{m};
    EXPECT_FALSE(m.try_lock_shared() || m.try_lock_shared_for(1ms) || m.try_lock_shared_until(system_clock::now()));
  });
}

TEST_P(ApiLocksConformance, SeveralAtOnceTogetherWithStandardOnes) {
  perform([] {
    weft::Mutex a;
    weft::Mutex b;
    weft::SharedMutex shared;
    std::mutex standard;
    {
      const std::scoped_lock all{a, b, shared, standard, global_mutex, global_shared_mutex};
    }
    std::lock(a, b);
    a.unlock();
    b.unlock();
    EXPECT_EQ(std::try_lock(a, b), -1);
    EXPECT_EQ(std::try_lock(shared, b), 1);
    a.unlock();
    b.unlock();
  });
}

TEST_P(ApiLocksConformance, CondVarWaitsInEveryForm) {
  perform([] {
    weft::Mutex m;
    weft::CondVar changed;
    bool stands = false;
    conformance::Crew crew(side());
    std::unique_lock lock{m};
    crew.go([&] {
      const std::lock_guard guard{m};
      stands = true;
      changed.notify_all();
    });
    changed.wait(lock, [&] { return stands; });
    const auto yes = [] { return true; };
    const auto no = [] { return false; };
    EXPECT_TRUE(changed.wait_for(lock, 1s, yes) && changed.wait_for(lock, std::chrono::hours::max(), yes));
    EXPECT_FALSE(changed.wait_for(lock, 1ms, no) || changed.wait_for(lock, std::chrono::hours::min(), no));
    EXPECT_FALSE(changed.wait_until(lock, system_clock::now(), no));
    EXPECT_EQ(changed.wait_for(lock, 1ms), std::cv_status::timeout);
    EXPECT_EQ(changed.wait_until(lock, steady_clock::now()), std::cv_status::timeout);
    std::error_code why;
    auto [ctx, cancel] = weft::with_cancel(weft::Context{});
    changed.wait(lock, ctx, yes, why);
    EXPECT_FALSE(why);
    cancel();
    changed.wait(lock, ctx, no, why);
    EXPECT_EQ(why, weft::errc::cancelled);
    EXPECT_THROW(changed.wait(lock, ctx, no), std::system_error);
    EXPECT_TRUE(lock.owns_lock());
  });
}

TEST_P(ApiLocksConformance, CondVarTakesAnyLock) {
  perform([] {
    const auto no = [] { return false; };
    weft::SharedMutex shared;
    std::mutex standard;
    weft::Mutex bare;
    std::unique_lock writer{shared};
    EXPECT_FALSE(global_cond_var.wait_for(writer, 1ms, no));
    writer.unlock();
    std::shared_lock reader{shared};
    EXPECT_FALSE(global_cond_var.wait_for(reader, 1ms, no));
    std::unique_lock other{standard};
    EXPECT_FALSE(global_cond_var.wait_for(other, 1ms, no));
    bare.lock();
    EXPECT_FALSE(global_cond_var.wait_for(bare, 1ms, no));
    bare.unlock();
  });
}

}  // namespace

// Causes and callbacks of contexts as Go's suites describe them: the first to end a context says why, once and for all.
#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::Context;
using weft::errc;
using weft::with_cancel;
using namespace std::chrono_literals;

class ContextCauseConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ContextCauseConformance);

std::exception_ptr cause(const char* text) { return std::make_exception_ptr(std::runtime_error(text)); }

/// What the cause says: its text, or which of weft's errors it is.
std::string text_of(const std::exception_ptr& cause) {
  if (cause == nullptr) return "none";
  try {
    std::rethrow_exception(cause);
  } catch (const std::system_error& e) {
    if (e.code() == errc::cancelled) return "cancelled";
    return e.code() == errc::deadline_exceeded ? "deadline exceeded" : e.what();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

struct Case {
  const char* name;
  std::function<Context()> make;
  std::error_code error;
  const char* cause;
};

const std::vector<Case> kCases{
    {"background", [] { return Context{}; }, {}, "none"},
    {"cancelled without a cause",
     [] {
       auto [context, cancel] = with_cancel({});
       cancel();
       return context;
     },
     errc::cancelled, "cancelled"},
    {"cancelled with a cause",
     [] {
       auto [context, cancel] = with_cancel({});
       cancel(cause("mine"));
       cancel(cause("too late"));
       return context;
     },
     errc::cancelled, "mine"},
    {"cancelled with a null cause",
     [] {
       auto [context, cancel] = with_cancel({});
       cancel(nullptr);
       return context;
     },
     errc::cancelled, "cancelled"},
    {"the parent's cause before the child's",
     [] {
       auto [parent, cancel_parent] = with_cancel({});
       auto [child, cancel_child] = with_cancel(parent);
       cancel_parent(cause("parent"));
       cancel_child(cause("child"));
       return child;
     },
     errc::cancelled, "parent"},
    {"the child's cause before the parent's",
     [] {
       auto [parent, cancel_parent] = with_cancel({});
       auto [child, cancel_child] = with_cancel(parent);
       cancel_child(cause("child"));
       cancel_parent(cause("parent"));
       return child;
     },
     errc::cancelled, "child"},
    {"the parent's cause after the child ended without one",
     [] {
       auto [parent, cancel_parent] = with_cancel({});
       auto [child, cancel_child] = with_cancel(parent);
       cancel_child();
       cancel_parent(cause("parent"));
       return child;
     },
     errc::cancelled, "cancelled"},
    {"the child's cause after the parent ended without one",
     [] {
       auto [parent, cancel_parent] = with_cancel({});
       auto [child, cancel_child] = with_cancel(parent);
       cancel_parent();
       cancel_child(cause("child"));
       return child;
     },
     errc::cancelled, "cancelled"},
    {"expired", [] { return weft::with_timeout({}, 0s); }, errc::deadline_exceeded, "deadline exceeded"},
    {"expired with a cause", [] { return weft::with_timeout({}, 0s, cause("too slow")); }, errc::deadline_exceeded,
     "too slow"},
    {"cancelled above a timeout with a cause",
     [] {
       auto [parent, cancel] = with_cancel({});
       const Context timed = weft::with_timeout(parent, 1000h, cause("too slow"));
       cancel(cause("finished early"));
       return timed;
     },
     errc::cancelled, "finished early"},
    {"expired, then cancelled above",
     [] {
       auto [parent, cancel] = with_cancel({});
       const Context timed = weft::with_timeout(parent, 0s, cause("too slow"));
       cancel(cause("finished early"));
       return timed;
     },
     errc::deadline_exceeded, "too slow"},
    {"made below a context that has ended",
     [] {
       auto [parent, cancel] = with_cancel({});
       cancel(cause("parent"));
       return with_cancel(parent).context;
     },
     errc::cancelled, "parent"},
    {"detached from one that has ended",
     [] {
       auto [parent, cancel] = with_cancel({});
       cancel(cause("parent"));
       return weft::without_cancel(parent);
     },
     {},
     "none"},
    {"detached from one that has expired",
     [] { return weft::without_cancel(weft::with_timeout({}, 0s, cause("too slow"))); },
     {},
     "none"},
};

TEST_P(ContextCauseConformance, TheFirstEndSaysWhy) {
  perform([] {
    for (const Case& test : kCases) {
      const Context context = test.make();
      EXPECT_EQ(context.error(), test.error) << test.name;
      EXPECT_EQ(text_of(context.cause()), test.cause) << test.name;
    }
  });
}

TEST_P(ContextCauseConformance, TheCauseIsWholeAsSoonAsItIsSeen) {
  perform([] {
    for (int round = 0; round < 100; ++round) {
      auto [context, cancel] = with_cancel({});
      Crew crew(side());
      crew.go([cancel] { cancel(cause("raced")); });
      conformance::until([&context] { return context.cause() != nullptr; });
      EXPECT_EQ(text_of(context.cause()), "raced");
    }
  });
}

TEST_P(ContextCauseConformance, AChildMadeWhileItsParentEndsEndsToo) {
  perform([] {
    for (int round = 0; round < 100; ++round) {
      auto [parent, cancel] = with_cancel({});
      Crew crew(side());
      crew.go([cancel] { cancel(cause("because")); });
      const Context child = with_cancel(parent).context;
      EXPECT_FALSE(child.done().recv());
      EXPECT_EQ(child.error(), errc::cancelled);
      EXPECT_EQ(text_of(child.cause()), "because");
    }
  });
}

TEST_P(ContextCauseConformance, ACallbackRunsAfterCancelAndAfterTheDeadline) {
  perform([] {
    auto called = weft::make_chan<void>(2);
    auto [context, cancel] = with_cancel({});
    auto on_cancel = weft::after_func(context, [called] { called.send(); });
    settle();
    EXPECT_TRUE(called.try_recv().empty);
    cancel();
    EXPECT_TRUE(called.recv());
    EXPECT_FALSE(on_cancel.stop());

    const Context timed = weft::with_timeout({}, 2ms);
    auto on_expiry = weft::after_func(timed, [called] { called.send(); });
    EXPECT_TRUE(called.recv());
    EXPECT_FALSE(on_expiry.stop());
  });
}

TEST_P(ContextCauseConformance, ACallbackOnAnEndedContextRunsAtOnce) {
  perform([] {
    auto called = weft::make_chan<void>();
    auto [context, cancel] = with_cancel({});
    cancel();
    auto callback = weft::after_func(context, [called] { called.send(); });
    EXPECT_TRUE(called.recv());
    EXPECT_FALSE(callback.stop());
  });
}

TEST_P(ContextCauseConformance, AStoppedCallbackDoesNotRun) {
  perform([] {
    std::atomic<bool> called{false};
    auto [context, cancel] = with_cancel({});
    auto callback = weft::after_func(context, [&called] { called = true; });
    EXPECT_TRUE(callback.stop());
    EXPECT_FALSE(callback.stop());
    cancel();
    settle();
    EXPECT_FALSE(called);
  });
}

// The callback waits for us, who wait for cancel() to return first.
TEST_P(ContextCauseConformance, CancelDoesNotWaitForCallbacks) {
  perform([] {
    auto meeting = weft::make_chan<void>();
    auto [context, cancel] = with_cancel({});
    auto callback = weft::after_func(context, [meeting] { meeting.send(); });
    cancel();
    EXPECT_TRUE(meeting.recv());
  });
}

TEST_P(ContextCauseConformance, StopTokensEndAContext) {
  perform([] {
    std::stop_source source;
    const Context context = weft::with_stop_token({}, source.get_token());
    EXPECT_FALSE(context.error());
    source.request_stop();
    EXPECT_FALSE(context.done().recv());
    EXPECT_EQ(context.error(), errc::cancelled);
    EXPECT_EQ(weft::with_stop_token({}, source.get_token()).error(), errc::cancelled);
  });
}

}  // namespace

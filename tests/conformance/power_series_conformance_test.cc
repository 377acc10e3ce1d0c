// Power series whose terms are rationals sent through pairs of channels, on demand: thousands of goroutines that each
// live for one term, and selects that wait for a demand on either of two outputs.
#include <cstdint>
#include <numeric>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/select.h"
#include "weft/sync/wait_group.h"

namespace {

using conformance::in_runtime;
using weft::Chan;
using weft::make_chan;

struct Rational {
  std::int64_t over = 0;
  std::int64_t under = 1;

  static Rational reduced(std::int64_t over, std::int64_t under) {
    const std::int64_t divisor = std::gcd(over, under) * (under < 0 ? -1 : 1);
    return {over / divisor, under / divisor};
  }
  friend bool operator==(const Rational&, const Rational&) = default;
  friend Rational operator+(Rational a, Rational b) {
    return reduced(a.over * b.under + b.over * a.under, a.under * b.under);
  }
  friend Rational operator-(Rational a) { return {-a.over, a.under}; }
  friend Rational operator*(Rational a, Rational b) { return reduced(a.over * b.over, a.under * b.under); }
  friend Rational operator/(Rational a, Rational b) { return a * reduced(b.under, b.over); }
  friend std::ostream& operator<<(std::ostream& out, const Rational& r) { return out << r.over << '/' << r.under; }
};

// The coefficients of a series without end. Each term is asked for, then sent.
struct Series {
  Chan<void> demand = make_chan<void>();
  Chan<Rational> term = make_chan<Rational>();
};

struct Stopped {};

// Where the series live: its processes end when it goes.
class World {
 public:
  ~World() {
    done_.close();
    processes_.wait();
  }

  template <class F>
  Series make(F body) {
    Series series;
    start([this, series, body]() mutable { body(*this, series); });
    return series;
  }

  template <class F>
  void start(F body) {
    processes_.go([body = std::move(body)]() mutable {
      try {
        body();
      } catch (const Stopped&) {  // the world was taken down
      }
    });
  }

  /// Waits for a demand for the next term of `out`.
  void await_demand(const Series& out) const { wait_for(out.demand); }

  /// Waits for a demand, then answers it.
  void put(const Series& out, Rational term) const {
    await_demand(out);
    send(out, term);
  }

  void send(const Series& out, Rational term) const {
    weft::select(weft::on_send(out.term, term, [] {}), weft::on_recv(done_, &World::stop));
  }

  Rational get(const Series& in) const {
    weft::select(weft::on_send(in.demand, [] {}), weft::on_recv(done_, &World::stop));
    Rational term;
    weft::select(weft::on_recv(in.term, [&term](std::optional<Rational> t) { term = t.value(); }),
                 weft::on_recv(done_, &World::stop));
    return term;
  }

  void wait_for(const Chan<void>& signal) const {
    weft::select(weft::on_recv(signal, [](bool) {}), weft::on_recv(done_, &World::stop));
  }

  /// Which of the two is asked for first, or 2 when `turn` comes before.
  std::size_t first_of(const Chan<void>& a, const Chan<void>& b, const Chan<void>& turn) const {
    return weft::select(weft::on_recv(a, [](bool) {}), weft::on_recv(b, [](bool) {}), weft::on_recv(turn, [](bool) {}),
                        weft::on_recv(done_, &World::stop));
  }

  void signal(const Chan<void>& target) const {
    weft::select(weft::on_send(target, [] {}), weft::on_recv(done_, &World::stop));
  }

 private:
  static void stop(bool) { throw Stopped{}; }

  Chan<void> done_ = make_chan<void>();
  weft::WaitGroup processes_;
};

// One term of a split: fetched at the first demand from either side, kept until both have it. The side that is served
// first moves on to a fresh process for the next term; the other may ask there only once `turn` says that it has caught
// up.
void split_one(World& world, const Series& in, Series fast, Series slow, const Chan<void>& turn) {
  bool caught_up = false;
  std::size_t asked = world.first_of(fast.demand, Chan<void>{}, turn);
  if (asked == 2) {
    caught_up = true;
    asked = world.first_of(fast.demand, slow.demand, Chan<void>{});
    if (asked == 1) std::swap(fast, slow);
  }
  const Rational term = world.get(in);
  const Chan<void> next_turn = make_chan<void>();
  world.start([&world, in, fast, slow, next_turn] { split_one(world, in, fast, slow, next_turn); });
  world.send(fast, term);
  if (!caught_up) world.wait_for(turn);
  world.put(slow, term);
  world.signal(next_turn);
}

std::pair<Series, Series> split(World& world, const Series& in) {
  std::pair<Series, Series> out;
  const Chan<void> turn = make_chan<void>();
  world.start([&world, in, out, turn] { split_one(world, in, out.first, out.second, turn); });
  world.start([&world, turn] { world.signal(turn); });
  return out;
}

void copy(const World& world, const Series& in, const Series& out) {
  for (;;) {
    world.await_demand(out);
    world.send(out, world.get(in));
  }
}

Series constant_terms(World& world, Rational value) {
  return world.make([value](World& w, const Series& out) {
    for (;;) w.put(out, value);
  });
}

Series sum(World& world, const Series& a, const Series& b) {
  return world.make([a, b](World& w, const Series& out) {
    for (;;) {
      w.await_demand(out);
      w.send(out, w.get(a) + w.get(b));
    }
  });
}

Series scaled(World& world, Rational factor, const Series& a) {
  return world.make([factor, a](World& w, const Series& out) {
    for (;;) {
      w.await_demand(out);
      w.send(out, factor * w.get(a));
    }
  });
}

Series times_x(World& world, const Series& a) {
  return world.make([a](World& w, const Series& out) {
    w.put(out, Rational{});
    copy(w, a, out);
  });
}

// (a0 + x A)(b0 + x B) = a0 b0 + x (a0 B + b0 A) + x^2 A B, and A B is such a product again.
Series product(World& world, const Series& a, const Series& b) {
  return world.make([a, b](World& w, const Series& out) {
    w.await_demand(out);
    const Rational a0 = w.get(a);
    const Rational b0 = w.get(b);
    w.send(out, a0 * b0);
    const auto [a1, a2] = split(w, a);
    const auto [b1, b2] = split(w, b);
    const Series linear = sum(w, scaled(w, b0, a1), scaled(w, a0, b1));
    copy(w, sum(w, linear, times_x(w, product(w, a2, b2))), out);
  });
}

Series derivative(World& world, const Series& a) {
  return world.make([a](World& w, const Series& out) {
    w.await_demand(out);
    w.get(a);
    for (std::int64_t power = 1;; ++power) {
      w.send(out, Rational{power, 1} * w.get(a));
      w.await_demand(out);
    }
  });
}

Series integral(World& world, Rational constant, const Series& a) {
  return world.make([constant, a](World& w, const Series& out) {
    w.put(out, constant);
    for (std::int64_t power = 1;; ++power) {
      w.await_demand(out);
      w.send(out, w.get(a) * Rational{1, power});
    }
  });
}

// 1 / (a0 + x A) = R with R = 1/a0 - x (1/a0) A R: the series feeds on itself, one term behind.
Series reciprocal(World& world, const Series& a) {
  return world.make([a](World& w, const Series& out) {
    w.await_demand(out);
    const Rational first = Rational{1, 1} / w.get(a);
    const Series itself;
    const auto [to_caller, to_self] = split(w, itself);
    w.start([&w, itself, first, a, to_self] {
      w.put(itself, first);
      copy(w, scaled(w, -first, product(w, a, to_self)), itself);
    });
    w.send(out, w.get(to_caller));
    copy(w, to_caller, out);
  });
}

// exp(A) for A without a constant term: E = 1 + integral of E A'.
Series exponential(World& world, const Series& a) {
  const Series itself;
  const auto [to_caller, to_self] = split(world, itself);
  const Series body = integral(world, Rational{1, 1}, product(world, to_self, derivative(world, a)));
  world.start([&world, body, itself] { copy(world, body, itself); });
  return to_caller;
}

void expect_terms(const World& world, const Series& series, const std::vector<Rational>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(world.get(series), expected[i]) << "term " << i;
}

class PowerSeriesConformance : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Processors, PowerSeriesConformance, testing::Values(1, 2, 4));

TEST_P(PowerSeriesConformance, SumsAndProducts) {
  in_runtime(GetParam(), [] {
    World world;
    const Series ones = constant_terms(world, {1, 1});
    expect_terms(world, sum(world, ones, constant_terms(world, {1, 2})), std::vector<Rational>(10, Rational{3, 2}));
    const Series square = product(world, constant_terms(world, {1, 1}), constant_terms(world, {1, 1}));
    expect_terms(world, square, {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}});
  });
}

TEST_P(PowerSeriesConformance, TheTwoSidesOfASplitGoAtTheirOwnPace) {
  in_runtime(GetParam(), [] {
    World world;
    const auto [fast, slow] = split(world, integral(world, {0, 1}, constant_terms(world, {1, 1})));
    const std::vector<Rational> expected{{0, 1}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}};
    expect_terms(world, fast, expected);
    expect_terms(world, slow, expected);
    EXPECT_EQ(world.get(slow), (Rational{1, 7}));
    EXPECT_EQ(world.get(fast), (Rational{1, 7}));
  });
}

TEST_P(PowerSeriesConformance, ReciprocalOfAllOnesIsOneMinusX) {
  in_runtime(GetParam(), [] {
    World world;
    expect_terms(world, reciprocal(world, constant_terms(world, {1, 1})),
                 {{1, 1}, {-1, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}});
  });
}

TEST_P(PowerSeriesConformance, ExponentialOfX) {
  in_runtime(GetParam(), [] {
    World world;
    const Series x = times_x(world, world.make([](World& w, const Series& out) {
      w.put(out, {1, 1});
      for (;;) w.put(out, {0, 1});
    }));
    expect_terms(world, exponential(world, x), {{1, 1}, {1, 1}, {1, 2}, {1, 6}, {1, 24}, {1, 120}, {1, 720}});
  });
}

// tan x: the integral of 1 / (1 + x^2), turned inside out by T = integral of 1 + T^2.
TEST_P(PowerSeriesConformance, TangentByFeedback) {
  in_runtime(GetParam(), [] {
    World world;
    const Series tangent;
    const auto [to_caller, to_self] = split(world, tangent);
    const auto [left, right] = split(world, to_self);
    const Series one = world.make([](World& w, const Series& out) {
      w.put(out, {1, 1});
      for (;;) w.put(out, {0, 1});
    });
    const Series body = integral(world, {0, 1}, sum(world, one, product(world, left, right)));
    world.start([&world, body, tangent] { copy(world, body, tangent); });
    expect_terms(world, to_caller,
                 {{0, 1}, {1, 1}, {0, 1}, {1, 3}, {0, 1}, {2, 15}, {0, 1}, {17, 315}, {0, 1}, {62, 2835}});
  });
}

}  // namespace

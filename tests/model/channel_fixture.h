// What the models of channels and select share: the product's untyped core and its typed ends, in the explorer's world.
#pragma once

#include "sync/chan_core.cc"
#include "sync/chan_make.cc"

#include <gtest/gtest.h>

#include <utility>

#include "explorer/model.h"
#include "weft/detail/chan_typed.h"

namespace model {

/// What travels: a moved-from one is empty, and its plain field makes a hand-over without ordering a data race.
struct Parcel {
  int value = 0;
  explicit Parcel(int v) noexcept : value(v) {}
  Parcel(Parcel&& o) noexcept : value(std::exchange(o.value, 0)) {}
  Parcel& operator=(Parcel&& o) noexcept {
    value = std::exchange(o.value, 0);
    return *this;
  }
};

using weft::detail::Attempt;
using weft::detail::ChanCore;
using Landing = weft::detail::ElementTraffic<Parcel>::Landing;

inline ChanCore* make_channel(int capacity) { return weft::detail::make_core<Parcel>(capacity); }

inline Attempt send(ChanCore* channel, int value, bool may_park = true) {
  Parcel parcel(value);
  const Attempt attempt = weft::detail::chan_send<Parcel>(channel, &parcel, may_park);
  check((parcel.value == 0) == (attempt == Attempt::kDone), "a value leaves its sender if and only if it was sent");
  return attempt;
}

/// The value received; 0 when the channel is closed and drained; -1 when there is none at the moment.
inline int receive(ChanCore* channel, bool may_park = true) {
  Landing landing;
  const Attempt attempt = may_park ? weft::detail::chan_recv<Parcel>(channel, &landing, true)
                                   : weft::detail::chan_try_recv<Parcel>(channel, &landing);
  check(landing.has_value() == (attempt == Attempt::kDone), "a value arrives if and only if it was received");
  return attempt == Attempt::kDone ? landing->value : attempt == Attempt::kClosed ? 0 : -1;
}

}  // namespace model

// Selector: a select over a row of cases that is put together at run time.
#include "weft/detail/selector_case.h"

#include "weft/error.h"

namespace weft::detail {

void SelectorCases::note_otherwise() {
  if (has_otherwise_)
    throw usage_error("weft::Selector::otherwise: the selector has an otherwise already; allowed is one");
  has_otherwise_ = true;
}

std::size_t SelectorCases::wait() {
  const std::size_t count = cases_.size();
  row_.assign(count, SelectCase{});
  order_.resize(count);
  waiters_.resize(count);
  SelectRequest request{row_.data(), count, reinterpret_cast<Waiter*>(waiters_.data()), order_.data()};
  for (std::size_t i = 0; i != count; ++i) cases_[i]->prepare(request, i);
  const std::size_t fired = select_run(request);
  for (std::size_t i = 0; i != count; ++i) cases_[i]->settle(i == fired);
  const bool ok = row_[fired].ok;
  const std::shared_ptr<SelectorCase> running = cases_[fired];
  running->fire(ok);
  return fired;
}

void SelectorCases::clear() noexcept {
  cases_.clear();
  has_otherwise_ = false;
}

}  // namespace weft::detail

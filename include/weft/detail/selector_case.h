// weft/detail/selector_case.h: the cases of a Selector, erased, with the room that their select needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "weft/detail/select_cases.h"

namespace weft::detail {

class SelectorCase {
 public:
  virtual ~SelectorCase() = default;
  virtual void prepare(SelectRequest& request, std::size_t index) = 0;
  virtual void settle(bool fired) = 0;
  virtual void fire(bool ok) = 0;
};

template <class Case>
class ErasedCase final : public SelectorCase {
 public:
  template <class... Args>
  explicit ErasedCase(const ChanHandle& keep_alive, Args&&... args)
      : keep_alive_(keep_alive), case_(std::forward<Args>(args)...) {}
  void prepare(SelectRequest& request, std::size_t index) override { detail::prepare(case_, request, index); }
  void settle(bool fired) override { case_.settle(fired); }
  void fire(bool ok) override { case_.fire(ok); }

 private:
  ChanHandle keep_alive_;
  Case case_;
};

/// Selector without its types. Handlers may add cases and clear them: the one that runs is kept until it returns.
class SelectorCases {
 public:
  template <class Case, class... Args>
  std::size_t add(const ChanHandle& keep_alive, Args&&... args) {
    cases_.push_back(std::make_shared<ErasedCase<Case>>(keep_alive, std::forward<Args>(args)...));
    return cases_.size() - 1;
  }
  /// Throws usage_error the second time.
  void note_otherwise();
  std::size_t wait();
  void clear() noexcept;
  std::size_t size() const noexcept { return cases_.size(); }

 private:
  struct WaiterRoom {
    alignas(Waiter) std::byte bytes[sizeof(Waiter)];
  };

  std::vector<std::shared_ptr<SelectorCase>> cases_;
  std::vector<SelectCase> row_;
  std::vector<std::uint32_t> order_;
  std::vector<WaiterRoom> waiters_;
  bool has_otherwise_ = false;
};

}  // namespace weft::detail

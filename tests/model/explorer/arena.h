// explorer/arena.h: the memory that a model's own code allocates.
//
// Every execution starts with an empty arena, so that each allocation has the same address in each of them (a select
// locks in address order), what an abandoned execution leaves behind is gone, and freed memory is not used again: a use
// after free is seen. operator new and delete of the model programs come here while the model's code runs.
#pragma once

#include <cstddef>

namespace model {

void reset_arena() noexcept;

/// True while the model's own code runs, false in the explorer and outside of executions.
bool in_model() noexcept;
void set_in_model(bool in) noexcept;

/// Enters the model's code for a scope.
class InModel {
 public:
  InModel() noexcept : was_(in_model()) { set_in_model(true); }
  ~InModel() { set_in_model(was_); }
  InModel(const InModel&) = delete;
  InModel& operator=(const InModel&) = delete;

 private:
  bool was_;
};

/// Leaves it for a scope.
class OutOfModel {
 public:
  OutOfModel() noexcept : was_(in_model()) { set_in_model(false); }
  ~OutOfModel() { set_in_model(was_); }
  OutOfModel(const OutOfModel&) = delete;
  OutOfModel& operator=(const OutOfModel&) = delete;

 private:
  bool was_;
};

}  // namespace model

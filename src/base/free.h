// Owning what a C library gives, and takes back by a function.
#pragma once

namespace weft::base {

/// A deleter for std::unique_ptr that calls it: std::unique_ptr<BIO, Free<&::BIO_free_all>>.
template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};

}  // namespace weft::base

// The floor where the kernel does the reading: io_uring with a multishot receive a connection, one thread; prints its
// address.
#include <liburing.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "loopback.h"

namespace {

constexpr unsigned kBuffers = 1024, kBufferBytes = 4096, kGroup = 0;
constexpr std::uint64_t kAccept = ~std::uint64_t{0}, kSent = kAccept - 1;

class Echo {
 public:
  explicit Echo(int listener) : listener_(listener) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
    parameters.cq_entries = 4096;
    if (const int failed = ::io_uring_queue_init_params(1024, &ring_, &parameters); failed != 0) {
      std::fprintf(stderr, "io_uring: error %d\n", -failed);
      std::exit(1);
    }
    void* pages = nullptr;
    if (::posix_memalign(&pages, 4096, kBuffers * sizeof(io_uring_buf)) != 0) std::exit(1);
    buffers_ = static_cast<io_uring_buf_ring*>(pages);
    ::io_uring_buf_ring_init(buffers_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers_);
    registration.ring_entries = kBuffers;
    registration.bgid = kGroup;
    if (::io_uring_register_buf_ring(&ring_, &registration, 0) != 0) std::exit(1);
    for (unsigned i = 0; i < kBuffers; ++i) give_back(i);
  }

  [[noreturn]] void run() {
    accept();
    while (true) {
      ::io_uring_submit_and_wait(&ring_, 1);
      io_uring_cqe* answers[256];
      const unsigned count = ::io_uring_peek_batch_cqe(&ring_, answers, 256);
      for (unsigned i = 0; i < count; ++i) take(*answers[i]);
      ::io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  io_uring_sqe& entry(std::uint64_t name) {
    io_uring_sqe* next;
    while ((next = ::io_uring_get_sqe(&ring_)) == nullptr) ::io_uring_submit(&ring_);
    next->user_data = name;
    return *next;
  }

  void accept() {
    io_uring_sqe& next = entry(kAccept);
    ::io_uring_prep_multishot_accept(&next, listener_, nullptr, nullptr, SOCK_CLOEXEC);
    next.user_data = kAccept;
  }

  void receive(int fd) {
    io_uring_sqe& next = entry(0);
    ::io_uring_prep_recv_multishot(&next, fd, nullptr, 0, 0);
    next.user_data = static_cast<std::uint64_t>(fd);
    next.flags |= IOSQE_BUFFER_SELECT;
    next.buf_group = kGroup;
  }

  void send(int fd, unsigned buffer, unsigned bytes) {
    io_uring_sqe& next = entry(0);
    ::io_uring_prep_send(&next, fd, memory_of(buffer), bytes, MSG_NOSIGNAL | MSG_WAITALL);
    next.user_data = kSent - 1 - buffer;
  }

  void take(const io_uring_cqe& answer) {
    const std::uint64_t name = answer.user_data;
    const bool goes_on = (answer.flags & IORING_CQE_F_MORE) != 0;
    if (name == kAccept) {
      if (answer.res >= 0) begin(answer.res);
      if (!goes_on) accept();
    } else if (name > UINT32_MAX) {
      give_back(static_cast<unsigned>(kSent - 1 - name));
    } else {
      const int fd = static_cast<int>(name);
      if (answer.res > 0) {
        send(fd, answer.flags >> IORING_CQE_BUFFER_SHIFT, static_cast<unsigned>(answer.res));
        if (!goes_on) receive(fd);
      } else if (answer.res == -ENOBUFS) {
        receive(fd);
      } else {
        ::close(fd);
      }
    }
  }

  void begin(int fd) {
    send_at_once(fd);
    receive(fd);
  }

  char* memory_of(unsigned buffer) { return memory_.data() + std::size_t{buffer} * kBufferBytes; }
  void give_back(unsigned buffer) {
    const auto mask = ::io_uring_buf_ring_mask(kBuffers);
    ::io_uring_buf_ring_add(buffers_, memory_of(buffer), kBufferBytes, static_cast<unsigned short>(buffer), mask, 0);
    ::io_uring_buf_ring_advance(buffers_, 1);
  }

  const int listener_;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  std::vector<char> memory_ = std::vector<char>(std::size_t{kBuffers} * kBufferBytes);
};

}  // namespace

int main() { Echo(listen_on_loopback()).run(); }

// doctor/cpu_shares.h: what share of a CPU profile each class of frames has, and whose functions stand above them.
//
// A sample counts once for a class if any of its frames, inlined ones too, is of it; that is what makes shares of
// classes comparable between releases, whatever the functions are called and whoever inlines whom. Two classes are
// narrower than their frames: kPreempt is without kGrow (both begin in newstack), kCross only inside kCgo.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "doctor/frame_class.h"
#include "pprof/profile.h"

namespace weft::doctor {

/// The lower end of Wilson's 95 % interval for hits/total; 0 without samples. What a rule fires on.
double wilson_lower(std::int64_t hits, std::int64_t total) noexcept;

/// So many samples of all.
struct Share {
  std::int64_t hits = 0, total = 0;
  double value() const noexcept { return total > 0 ? static_cast<double>(hits) / static_cast<double>(total) : 0; }
  double lower() const noexcept { return wilson_lower(hits, total); }
};

/// One function; where several have the same name, all of them.
struct FunctionUse {
  std::string_view name = {};
  std::int64_t self = 0;        // samples whose leaf it is
  std::int64_t cumulative = 0;  // samples whose stack it is on
};

/// A user's function, and the samples that it is the cause of.
struct UserFrame {
  std::string_view name;
  std::int64_t samples = 0;
};

class CpuShares {
 public:
  /// The profile must outlive this; names are views into it. Any profile of samples will do.
  explicit CpuShares(const pprof::Profile& profile);

  /// Samples, by the profile's count column.
  std::int64_t total() const noexcept { return total_; }
  std::optional<double> cpu_seconds() const noexcept { return cpu_seconds_; }
  /// CPU time over the profile's duration.
  std::optional<double> cores() const noexcept;

  /// Samples with a frame of one of the classes (of several: their union).
  Share any(FrameClass classes) const noexcept;
  /// Samples with frames of every one of them.
  Share all(FrameClass classes) const noexcept;
  /// Samples with a frame of one of `classes`, and none of `excluded`.
  Share any_without(FrameClass classes, FrameClass excluded) const noexcept;

  /// Samples whose leaf is not the runtime's: the user's code and Go's other packages. A signal's landing pad is left
  /// out of the stack.
  Share user_code() const noexcept { return {user_code_, total_}; }
  /// Those of user_code() that ended in such a landing pad: an artifact of preemption, which other tools take for the
  /// runtime's own time.
  Share user_code_at_landing() const noexcept { return {user_code_at_landing_, total_}; }
  /// Samples of which at least one frame has a name. Little of it: the shares say nothing.
  Share named() const noexcept { return {named_, total_}; }

  /// The functions right above a class: the first frame towards the root from the leafmost one of the class that is
  /// neither the runtime's nor C++'s library. At most `most`, largest first.
  std::vector<UserFrame> user_frames_above(FrameClass classes, std::size_t most) const;
  /// The same, passing over Go's library too: who decodes, not what the decoder calls.
  std::vector<UserFrame> callers_above(FrameClass classes, std::size_t most) const;
  /// Of the samples with one of the classes, those where the same user function stands `times` times or more:
  /// recursion.
  Share repeating_user_function(FrameClass classes, int times) const;
  /// Of all samples, those with that function on the stack and a frame of the classes.
  Share any_with_function(FrameClass classes, std::string_view function) const;

  /// In no order.
  const std::vector<FunctionUse>& functions() const noexcept { return functions_; }
  /// All zero for one that is not there.
  FunctionUse function(std::string_view name) const;

 private:
  // A location's names are names_[first_name, first_name + name_count); its classes those of all its lines.
  struct Place {
    std::uint32_t first_name = 0, name_count = 0;
    FrameClass classes = FrameClass::kNone;
  };

  void name_functions();
  void name_locations(const std::vector<std::uint32_t>& name_of_function);
  void count_samples();
  void count_sample(std::size_t sample, std::vector<std::uint32_t>& last_seen);
  void count_leaf(const pprof::Sample& sample, std::int64_t count);
  std::int64_t count_of(std::size_t sample) const noexcept;
  FrameClass classes_of(const pprof::Sample& sample) const noexcept;
  /// By name: passed over in the search for the user's frames.
  std::vector<UserFrame> frames_above(FrameClass classes, std::size_t most, const std::vector<bool>& passed_over) const;

  template <class Visit>
  void each_frame(const pprof::Sample& sample, Visit&& visit) const;

  const pprof::Profile& profile_;
  int count_column_ = -1;
  std::int64_t total_ = 0, user_code_ = 0, user_code_at_landing_ = 0, named_ = 0;
  std::optional<double> cpu_seconds_;
  // A name is an index into the next two.
  std::vector<FunctionUse> functions_;
  std::vector<FrameClass> classes_of_name_;
  std::unordered_map<std::string_view, std::uint32_t> name_index_;
  std::vector<Place> places_;                             // beside the profile's locations
  std::vector<std::uint32_t> names_;                      // of all places
  std::unordered_map<std::uint32_t, std::int64_t> sets_;  // samples by their set of classes
};

}  // namespace weft::doctor

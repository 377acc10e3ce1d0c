// pprof/proto_fields.h: field numbers of google/pprof's proto/profile.proto, by message.
#pragma once

#include <cstdint>

namespace weft::pprof {

namespace profile_field {
enum : std::uint32_t {
  kSampleType = 1,
  kSample,
  kMapping,
  kLocation,
  kFunction,
  kString,
  kTimeNanos = 9,
  kDurationNanos,
  kPeriodType,
  kPeriod,
  kComment,
  kDefaultSampleType
};
}
namespace value_type_field {
enum : std::uint32_t { kType = 1, kUnit };
}
namespace sample_field {
enum : std::uint32_t { kLocationId = 1, kValue, kLabel };
}
namespace label_field {
enum : std::uint32_t { kKey = 1, kText, kNumber, kUnit };
}
namespace mapping_field {
enum : std::uint32_t { kId = 1, kStart, kLimit, kOffset, kFile, kBuildId };
}
namespace location_field {
enum : std::uint32_t { kId = 1, kMappingId, kAddress, kLine };
}
namespace line_field {
enum : std::uint32_t { kFunctionId = 1, kLine };
}
namespace function_field {
enum : std::uint32_t { kId = 1, kName, kSystemName, kFile };
}

}  // namespace weft::pprof

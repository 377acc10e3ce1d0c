// pprof/wire.h: a protobuf message's fields, one after the other, each asked for by the type it must have.
//
// Protozero decodes; it takes the caller's word for a field's type, so that is checked here. What is damaged is a
// protozero::exception.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <protozero/pbf_reader.hpp>
#include <string_view>

namespace weft::pprof {

struct WrongWireType : protozero::exception {
  const char* what() const noexcept override { return "a field of another type than the format says"; }
};

class Fields {
 public:
  explicit Fields(std::string_view bytes) : reader_(bytes.data(), bytes.size()) {}

  bool next() { return reader_.next(); }
  std::uint32_t number() const { return reader_.tag(); }
  void skip() { reader_.skip(); }
  /// Where the next field begins.
  const char* position() const { return reader_.data().data(); }

  std::uint64_t unsigned_value() {
    require(protozero::pbf_wire_type::varint);
    return reader_.get_uint64();
  }
  std::int64_t value() { return static_cast<std::int64_t>(unsigned_value()); }
  std::string_view bytes() {
    require(protozero::pbf_wire_type::length_delimited);
    const protozero::data_view view = reader_.get_view();
    return {view.data(), view.size()};
  }

  /// The values of a repeated field, packed or this one alone.
  template <class Visit>
  void each_value(Visit&& visit) {
    if (reader_.wire_type() != protozero::pbf_wire_type::length_delimited) return visit(unsigned_value());
    const std::string_view packed = bytes();
    const char* at = packed.data();
    const char* const end = at + packed.size();
    while (at != end) visit(protozero::decode_varint(&at, end));
  }

  /// How many values each_value() visits, unless they are damaged.
  std::size_t count_values() {
    if (reader_.wire_type() != protozero::pbf_wire_type::length_delimited) {
      unsigned_value();
      return 1;
    }
    const std::string_view packed = bytes();
    return static_cast<std::size_t>(
        std::count_if(packed.begin(), packed.end(), [](char c) { return (c & 0x80) == 0; }));
  }

 private:
  void require(protozero::pbf_wire_type type) const {
    if (reader_.wire_type() != type) throw WrongWireType();
  }

  protozero::pbf_reader reader_;
};

/// A field of a number, and where it goes.
struct NumberField {
  std::uint32_t number;
  std::uint64_t* value;
};

/// Reads a message of numbers: those named, the last of each; `other` gets the remaining fields, to read or to skip.
template <class Other>
void read_numbers(std::string_view message, std::initializer_list<NumberField> named, Other&& other) {
  for (Fields fields(message); fields.next();) {
    const auto* found = std::find_if(named.begin(), named.end(),
                                     [&](const NumberField& field) { return field.number == fields.number(); });
    if (found != named.end()) {
      *found->value = fields.unsigned_value();
    } else {
      other(fields);
    }
  }
}

inline void read_numbers(std::string_view message, std::initializer_list<NumberField> named) {
  read_numbers(message, named, [](Fields& fields) { fields.skip(); });
}

}  // namespace weft::pprof

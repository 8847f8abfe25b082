#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace elbow {

/// Writes a message in the wire format of Protocol Buffers, of which files such as ONNX's are made. A message is a row of fields,
/// each with a key in front: the number that the schema (a .proto file) gives to the field, and how its value is encoded,
///
///     key = number << 3 | wire type        0: a varint, 2: a length and as many bytes, 5: four bytes
///
/// A varint is a whole number in groups of 7 bits, the lowest first; the high bit of a byte says that another one follows. So 300,
/// binary 10 0101100, is AC 02. Strings, bytes and messages within a message all have wire type 2: a nested message is nothing but
/// its own bytes. A field that may be repeated stands there once for each value. Names, types and order of fields are in the
/// schema alone, which the reader must have.
class ProtobufMessage {
 public:
  /// A whole number (int32, int64, an enum). Negative ones take ten bytes, those of their two's complement.
  ProtobufMessage& number(uint32_t field, int64_t value) {
    key(field, 0);
    varint(uint64_t(value));
    return *this;
  }
  /// A string, or bytes.
  ProtobufMessage& text(uint32_t field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  /// A message within this one.
  ProtobufMessage& message(uint32_t field, const ProtobufMessage& value) { return text(field, value.bytes_); }
  /// A float.
  ProtobufMessage& real(uint32_t field, float value) {
    key(field, 5);
    const auto bits = std::bit_cast<uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_ += char((bits >> shift) & 0xFF);  // lowest byte first
    return *this;
  }

  /// What has been written so far.
  const std::string& bytes() const { return bytes_; }

 private:
  void key(uint32_t field, uint32_t wire_type) { varint((field << 3) | wire_type); }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += char((value & 0x7F) | 0x80);
    bytes_ += char(value);
  }
  std::string bytes_;
};

}  // namespace elbow

package import Bytes

/// Follows the frames that pass in one direction of a WebSocket (RFC 6455 §5.2): where one ends, and the next could begin.
///
/// It looks at the heads of frames only, and judges nothing: what passes through a gateway is for the two ends to agree upon. It is
/// there to know whether a frame of the gateway's own could be put in.
package struct WebSocketFrames: Sendable {
  private enum Stage: Equatable {
    case start
    case length
    /// The rest of a length in 2 or 8 octets.
    case longLength(UInt64, left: Int, isMasked: Bool)
    /// So many octets of masking key and payload are still to come.
    case payload(UInt64)
    /// The bytes that have come can't be frames.
    case lost
  }

  private var stage = Stage.start
  /// True if a Close frame has begun: nothing may follow it.
  package private(set) var hasClosed = false

  package init() {}

  /// True if a frame could stand behind the bytes that have passed: between two frames, and with no Close before it.
  package var takesFrame: Bool { stage == .start && !hasClosed }

  /// Takes note of bytes that pass.
  package mutating func follow(_ bytes: Span<UInt8>) {
    var position = 0
    while position < bytes.count {
      if case .payload(let count) = stage {
        let passing = min(count, UInt64(bytes.count &- position))
        position &+= Int(passing)
        stage = passing == count ? .start : .payload(count &- passing)
        continue
      }
      let byte = bytes[position]
      position &+= 1
      switch stage {
      case .start:
        if byte & 0x0F == Self.close { hasClosed = true }
        stage = .length
      case .length: begin(length: byte & 0x7F, isMasked: byte & 0x80 != 0)
      case .longLength(let value, let left, let isMasked):
        let value = value << 8 | UInt64(byte)
        if left > 1 {
          stage = .longLength(value, left: left &- 1, isMasked: isMasked)
        } else {
          begin(payload: value, isMasked: isMasked)
        }
      case .lost, .payload: return
      }
    }
  }

  private mutating func begin(length: UInt8, isMasked: Bool) {
    switch length {
    case 126: stage = .longLength(0, left: 2, isMasked: isMasked)
    case 127: stage = .longLength(0, left: 8, isMasked: isMasked)
    default: begin(payload: UInt64(length), isMasked: isMasked)
    }
  }

  private mutating func begin(payload count: UInt64, isMasked: Bool) {
    guard count <= UInt64(Int64.max) else {
      stage = .lost
      return
    }
    let total = count &+ (isMasked ? 4 : 0)
    stage = total == 0 ? .start : .payload(total)
  }

  private static let close: UInt8 = 8

  /// Appends a Close frame (RFC 6455 §5.5.1).
  ///
  /// - Parameters:
  ///   - code: RFC 6455 §7.4.
  ///   - reason: at most 123 octets.
  ///   - mask: the key that hides it, for frames to a server; nil for those to a client.
  package static func appendClose(_ code: UInt16, _ reason: StaticString, mask: UInt32?, to buffer: inout ByteBuffer) {
    precondition(reason.utf8CodeUnitCount <= 123, "a control frame has 125 octets at most")
    let count = UInt8(truncatingIfNeeded: reason.utf8CodeUnitCount) &+ 2
    buffer.append(0x80 | close)
    buffer.append(count | (mask == nil ? 0 : 0x80))
    let key = mask ?? 0
    if mask != nil { for octet in UInt32(0)..<4 { buffer.append(key.octet(octet)) } }
    buffer.append(UInt8(code >> 8) ^ key.octet(0))
    buffer.append(UInt8(truncatingIfNeeded: code) ^ key.octet(1))
    for index in 0..<reason.utf8CodeUnitCount {
      // SAFETY: the index stays below the literal's length.
      let byte = unsafe reason.utf8Start[index]
      buffer.append(byte ^ key.octet(UInt32(truncatingIfNeeded: index &+ 2) & 3))
    }
  }
}

extension UInt32 {
  /// The octet at that place, the first of them the highest.
  fileprivate func octet(_ index: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: self >> (24 &- 8 &* index)) }
}

import Bytes
import HTTP
import Transport

/// The end of an exchange that a body comes from; takes off the framing of its protocol.
///
/// Confined to its worker.
protocol BodySource: ~Copyable {
  /// Takes what has arrived of the body, reading once if nothing has.
  ///
  /// - Parameter payload: empty; gets the payload and nothing else.
  mutating func readBody(into payload: inout ByteBuffer) -> BodyRead

  /// True once the body has arrived to its end.
  var isBodyReceived: Bool { get }

  /// The payload that the framing has announced and that is still to come; 0 where only the end tells.
  var announcedCount: UInt64 { get }

  /// Hands over the fields behind the body; none before it is received, nor where there are none.
  func withTrailers(_ use: (borrowing Fields) -> Void)
}

/// The end of an exchange that a body goes to; puts on the framing of its protocol.
///
/// Confined to its worker.
protocol BodySink: ~Copyable {
  /// Writes what waits to be written, the head before all, then the payload; behind the last of it the body's end.
  ///
  /// - Parameters:
  ///   - payload: is consumed as far as it was written or put into its framing.
  ///   - source: where it comes from, which knows whether the body ends with it, and its trailers.
  mutating func writeBody<Source: BodySource & ~Copyable>(
    _ payload: inout ByteBuffer, from source: borrowing Source
  ) -> BodyWrite

  /// True once the receiver has got a byte of the message.
  var hasBegunMessage: Bool { get }
}

/// The outcome of one look at a body's source.
enum BodyRead: Equatable {
  /// That many bytes of payload; 0 where only framing has come, or the end.
  case payload(Int)
  case wouldBlock
  case failed(BodyRelay.Failure)
}

/// The outcome of one write to a body's sink.
enum BodyWrite: Equatable {
  /// Nothing is left to be written.
  case done
  case wouldBlock
  case failed(SystemError)
}

/// The events of a channel, as far as they are known.
package struct Readiness: OptionSet, BitwiseCopyable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// There may be bytes to read, or the end of the stream.
  package static let readable = Readiness(rawValue: 1)
  /// There may be room to write.
  package static let writable = Readiness(rawValue: 2)
  /// The peer has closed its sending side: after a short read the end is still to be read.
  package static let peerFinished = Readiness(rawValue: 4)
  /// Both directions are gone, or the connection has an error.
  package static let broken = Readiness(rawValue: 8)
}

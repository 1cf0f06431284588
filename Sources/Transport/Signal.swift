/// A channel without a descriptor: events that one part of the program raises for another one of the same loop.
///
/// The streams of a shared connection wait on signals. Whoever has something for the other side raises its signal; the loop wakes the
/// one who waits after the events of this turn, never inside the call that raises it. So neither side calls into the other.
/// Confined to the loop's thread.
package struct Signal: ~Copyable {
  private var channel: Channel

  package init(in loop: EventLoop) { channel = loop.makeChannel() }

  /// Names the signal to those who raise it with ``EventLoop/raise(_:on:)``.
  package var id: ChannelID { channel.id }

  package var readable: Interest { channel.readable }
  package var writable: Interest { channel.writable }
  /// The other side will say no more, or is gone.
  package var ended: Interest { channel.finished }

  /// The events that were raised and not cleared since.
  package var readiness: Readiness { channel.readiness }

  /// Raises events: waits for them end after this turn's other events.
  package mutating func raise(_ readiness: Readiness) { channel.raise(readiness) }

  /// Takes events back, as "would block" does for a descriptor: a wait for them waits from now on.
  package mutating func clear(_ readiness: Readiness) { channel.clear(readiness) }
}

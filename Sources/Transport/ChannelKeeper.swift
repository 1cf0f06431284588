/// Looks after channels that nobody is using: what has been accepted and hasn't spoken yet, what is kept alive, what is pooled.
///
/// A parked channel costs its slot in the loop and nothing else, no buffer. Confined to the loop's thread.
package protocol ChannelKeeper: AnyObject {
  /// A parked channel has something to read, was closed by its peer, or its deadline has come.
  ///
  /// It belongs to the keeper now: dropping it closes it.
  ///
  /// - Parameter tag: the word given to ``EventLoop/park(_:with:tag:isForReuse:until:)``.
  func channelWoke(_ channel: consuming Channel, tag: UInt64, wake: Wake)
}

/// A keeper's number in its loop, from ``EventLoop/register(_:)``.
package struct KeeperID: BitwiseCopyable, Sendable {
  let index: Int32
}

/// Names a channel of a loop.
///
/// It may be gone by the time it is asked for.
package struct ChannelID: BitwiseCopyable, Hashable, Sendable {
  let number: UInt32
  let registration: UInt32
}

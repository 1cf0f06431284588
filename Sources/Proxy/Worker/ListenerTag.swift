package import Transport

/// The name of a listener in its workers: a number that no other one has had, and whom it is for.
package struct ListenerTag: Sendable, Hashable, RawRepresentable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  package init(number: Int, isAdmin: Bool) { rawValue = number << 1 | (isAdmin ? 1 : 0) }

  /// True if those who operate the gateway come here, not its clients.
  package var isAdmin: Bool { rawValue & 1 == 1 }
}

/// A bound socket on its way to a worker.
package struct NewListener: Sendable {
  let tag: ListenerTag
  let socket: ListeningSocket

  package init(tag: ListenerTag, socket: ListeningSocket) {
    self.tag = tag
    self.socket = socket
  }
}

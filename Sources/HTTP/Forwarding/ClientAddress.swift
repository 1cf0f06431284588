import Bytes

/// The place of a request's client, as far as that can be said.
package enum ClientAddress: Sendable, Hashable {
  case known(IPAddress)
  /// On this machine, at the other end of a socket in the file system.
  case local
  /// A trusted proxy says something about the client that is no address: `unknown`, `unix:`, an address with a zone, nothing at all.
  case unknown

  /// The address, where there is one.
  package var address: IPAddress? {
    switch self {
    case .known(let address): address
    case .local, .unknown: nil
    }
  }

  /// The address of a peer that speaks for nobody else.
  package init(of peer: Peer) { self = peer.address.map(ClientAddress.known) ?? .local }
}

extension TrustedProxies {
  /// The client: the rightmost one of the addresses that the request came by that is not trusted.
  ///
  /// All that stands left of it in `X-Forwarded-For` was written by strangers. If all are trusted, it is the leftmost. An element that
  /// can't be read, at the place that would be the client, makes the client unknown: whatever is decided by an address then fails.
  /// `Forwarded` (RFC 7239) is read where there is no `X-Forwarded-For`: a proxy that writes the latter may pass a stranger's
  /// `Forwarded` on.
  package func clientAddress(of head: borrowing RequestHead, from peer: Peer) -> ClientAddress {
    guard peer.isTrusted else { return ClientAddress(of: peer) }
    if head.fields.contains(.xForwardedFor) { return clientByList(of: head) }
    if head.fields.contains(.forwarded) { return clientByElements(of: head) }
    return ClientAddress(of: peer)
  }

  /// The client as `X-Forwarded-For` has it.
  private func clientByList(of head: borrowing RequestHead) -> ClientAddress {
    var client = ClientAddress.unknown
    for index in stride(from: head.fields.count - 1, through: 0, by: -1)
    where head.fields.known(at: index) == .xForwardedFor {
      let list = head.fields.value(at: index)
      var end = list.count
      while end >= 0 {
        var start = end
        while start > 0, list[start - 1] != UInt8(ascii: ",") { start -= 1 }
        guard let address = Self.address(list.extracting(start..<end).trimmed) else { return .unknown }
        client = .known(address)
        guard trusts(address) else { return client }
        end = start - 1
      }
    }
    return client
  }

  /// The client as `Forwarded` has it.
  private func clientByElements(of head: borrowing RequestHead) -> ClientAddress {
    var client = ClientAddress.unknown
    for index in stride(from: head.fields.count - 1, through: 0, by: -1)
    where head.fields.known(at: index) == .forwarded {
      let value = head.fields.value(at: index)
      for element in value.forwardedElements.reversed() {
        guard let node = value.forwardedNode(in: element), let address = Self.address(value.extracting(node)) else {
          return .unknown
        }
        client = .known(address)
        guard trusts(address) else { return client }
      }
    }
    return client
  }

  /// An address as proxies write it into the list: bare, or with a port, IPv6 then in brackets.
  private static func address(_ text: Span<UInt8>) -> IPAddress? {
    if let address = IPAddress(text) { return address }
    guard let authority = Authority(text) else { return nil }
    let host = text.extracting(first: authority.hostCount)
    guard host.count > 2, host[0] == UInt8(ascii: "[") else { return IPAddress(host) }
    return IPAddress(host.extracting(1..<(host.count - 1)))
  }
}

extension Span<UInt8> {
  /// The places of the elements of this `Forwarded` value (RFC 7239 §4): what commas outside quotes divide.
  fileprivate var forwardedElements: [Range<Int>] { parts(of: 0..<count, at: UInt8(ascii: ",")) }

  /// The place of the node that the element's one `for` names, quotes aside; nil if there is none in form.
  fileprivate func forwardedNode(in element: Range<Int>) -> Range<Int>? {
    var node: Range<Int>?
    for pair in parts(of: element, at: UInt8(ascii: ";")) {
      let text = extracting(pair).trimmed
      guard text.count >= 4, text.extracting(0..<4).equalsIgnoringCase("for=") else { continue }
      // Of two nobody knows which one is meant.
      guard node == nil else { return nil }
      var start = pair.lowerBound
      while self[start] == ASCII.space || self[start] == ASCII.tab { start &+= 1 }
      node = (start &+ 4)..<(start &+ text.count)
    }
    guard let node, !node.isEmpty else { return nil }
    let quote = UInt8(ascii: "\"")
    guard self[node.lowerBound] == quote else { return node }
    return node.count > 2 && self[node.upperBound &- 1] == quote ? (node.lowerBound &+ 1)..<(node.upperBound &- 1) : nil
  }

  /// The parts that a separator outside quotes divides.
  private func parts(of range: Range<Int>, at separator: UInt8) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    var isQuoted = false
    var isEscaped = false
    for index in range {
      let byte = self[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted && byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte == separator, !isQuoted {
        parts.append(start..<index)
        start = index &+ 1
      }
    }
    parts.append(start..<range.upperBound)
    return parts
  }
}

import Bytes

/// The conditions under which a 101 is the answer to a WebSocket's handshake (RFC 6455 §4.1, §4.2.2).
package enum WebSocketAnswer {
  /// The reason why a 101 opens no WebSocket.
  package enum Flaw: Error, Equatable, Sendable, CaseIterable {
    /// `Connection` doesn't name `upgrade`.
    case notUpgraded
    /// `Upgrade` is something else than `websocket`.
    case wrongProtocol
    /// `Sec-WebSocket-Accept` doesn't prove that the handshake was understood.
    case wrongAccept
    /// A subprotocol was selected that wasn't offered, or more than one.
    case unofferedSubprotocol
    /// An extension is used that wasn't offered.
    case unofferedExtension

    /// For logs.
    package var reason: StaticString {
      switch self {
      case .notUpgraded: "websocket_not_upgraded"
      case .wrongProtocol: "websocket_wrong_upgrade"
      case .wrongAccept: "websocket_wrong_accept"
      case .unofferedSubprotocol: "websocket_unoffered_protocol"
      case .unofferedExtension: "websocket_unoffered_extension"
      }
    }
  }

  /// The flaw of a 101 as the answer to a handshake; nil if there is none.
  ///
  /// - Parameter accept: what `Sec-WebSocket-Accept` must be for that handshake.
  package static func flaw(
    of response: borrowing ResponseHead, to request: borrowing RequestHead, accept: Span<UInt8>
  ) -> Flaw? {
    guard response.fields.list(.connection, contains: "upgrade") else { return .notUpgraded }
    guard let upgrade = only(.upgrade, of: response),
      response.fields.value(at: upgrade).equalsIgnoringCase("websocket")
    else { return .wrongProtocol }
    guard let line = only(.secWebSocketAccept, of: response), response.fields.value(at: line).equals(accept) else {
      return .wrongAccept
    }
    guard selectsOffered(response, request) else { return .unofferedSubprotocol }
    return extendsAsOffered(response, request) ? nil : .unofferedExtension
  }

  private static func only(_ field: KnownField, of response: borrowing ResponseHead) -> Int? {
    (try? response.fields.single(field)) ?? nil
  }

  /// Subprotocols are compared with case, as clients compare them.
  private static func selectsOffered(_ response: borrowing ResponseHead, _ request: borrowing RequestHead) -> Bool {
    guard response.fields.contains(.secWebSocketProtocol) else { return true }
    guard let line = only(.secWebSocketProtocol, of: response) else { return false }
    let selected = response.fields.value(at: line)
    var offer = request.fields.first(.secWebSocketProtocol)
    while let index = offer {
      let offered = request.fields.value(at: index)
      var position = 0
      while let element = offered.nextListElement(&position) {
        if offered.extracting(element).equals(selected) { return true }
      }
      offer = request.fields.next(.secWebSocketProtocol, from: index &+ 1)
    }
    return false
  }

  /// The greatest number of extensions that an answer may use: each that is offered is looked up among them.
  private static let extensionMax = 16

  private static func extendsAsOffered(_ response: borrowing ResponseHead, _ request: borrowing RequestHead) -> Bool {
    guard response.fields.contains(.secWebSocketExtensions) else { return true }
    var used = ListedWords()
    var count = 0
    var line = response.fields.first(.secWebSocketExtensions)
    while let index = line {
      let value = response.fields.value(at: index)
      var position = 0
      while let name = value.nextExtensionName(&position) {
        count &+= 1
        guard count <= extensionMax else { return false }
        if used.contains(value.extracting(name), in: response.fields) { continue }
        used.insert(value.extracting(name), line: index, range: name)
      }
      line = response.fields.next(.secWebSocketExtensions, from: index &+ 1)
    }
    return offersAll(used, of: response, request)
  }

  private static func offersAll(
    _ used: borrowing ListedWords, of response: borrowing ResponseHead, _ request: borrowing RequestHead
  ) -> Bool {
    var offered: UInt32 = 0
    var line = request.fields.first(.secWebSocketExtensions)
    while let index = line {
      let value = request.fields.value(at: index)
      var position = 0
      while let name = value.nextExtensionName(&position) {
        if let place = used.place(of: value.extracting(name), in: response.fields) { offered |= 1 &<< UInt32(place) }
      }
      line = request.fields.next(.secWebSocketExtensions, from: index &+ 1)
    }
    return offered.nonzeroBitCount == used.count
  }
}

extension Span<UInt8> {
  /// The place of the next extension's name in this list, without its parameters; nil behind the last.
  fileprivate func nextExtensionName(_ position: inout Int) -> Range<Int>? {
    guard let element = nextListElement(&position) else { return nil }
    let text = extracting(element)
    var end = element.lowerBound &+ (text.firstIndex(of: UInt8(ascii: ";")) ?? text.count)
    while end > element.lowerBound, self[end &- 1] == ASCII.space || self[end &- 1] == ASCII.tab { end &-= 1 }
    return element.lowerBound..<end
  }
}

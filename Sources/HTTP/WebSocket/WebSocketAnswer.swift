import Bytes

/// What a 101 must say to be the answer to a WebSocket's handshake (RFC 6455 §4.1, §4.2.2).
package enum WebSocketAnswer {
  /// Why a 101 opens no WebSocket.
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

  /// What is wrong with a 101 as the answer to a handshake; nil if nothing is.
  ///
  /// - Parameter accept: what `Sec-WebSocket-Accept` must be for that handshake.
  package static func flaw(
    of response: borrowing ResponseHead, to request: borrowing RequestHead, accept: Span<UInt8>
  ) -> Flaw? {
    guard response.connection.upgrades else { return .notUpgraded }
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

  private static func extendsAsOffered(_ response: borrowing ResponseHead, _ request: borrowing RequestHead) -> Bool {
    var line = response.fields.first(.secWebSocketExtensions)
    while let index = line {
      let used = response.fields.value(at: index)
      var position = 0
      while let element = used.nextListElement(&position) {
        if !offersExtension(used.extracting(element).extensionName, request) { return false }
      }
      line = response.fields.next(.secWebSocketExtensions, from: index &+ 1)
    }
    return true
  }

  private static func offersExtension(_ name: Span<UInt8>, _ request: borrowing RequestHead) -> Bool {
    var line = request.fields.first(.secWebSocketExtensions)
    while let index = line {
      let offered = request.fields.value(at: index)
      var position = 0
      while let element = offered.nextListElement(&position) {
        if offered.extracting(element).extensionName.equalsIgnoringCase(name) { return true }
      }
      line = request.fields.next(.secWebSocketExtensions, from: index &+ 1)
    }
    return false
  }
}

extension Span<UInt8> {
  /// The name of an extension, without its parameters.
  fileprivate var extensionName: Span<UInt8> {
    @_lifetime(copy self) get { extracting(first: firstIndex(of: UInt8(ascii: ";")) ?? count).trimmed }
  }
}

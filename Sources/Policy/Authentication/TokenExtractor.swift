import Bytes
package import Configuration
package import HTTP

/// The places of a request that may hold a token (`token_from`), and the search in them.
package struct TokenExtractor: Sendable {
  /// Field names in the configuration's spelling.
  package private(set) var headers: [[UInt8]] = []
  /// True if `Authorization`, the usual place, is among them: the head's parser has already marked it.
  private var includesAuthorization = false
  private var otherHeaders: [[UInt8]] = []
  /// Cookie names.
  package private(set) var cookies: [[UInt8]] = []
  /// Names of query parameters.
  package private(set) var queries: [[UInt8]] = []
  /// Elements of `Sec-WebSocket-Protocol` that stand before a token.
  package private(set) var webSocketProtocols: [[UInt8]] = []
  /// The cookies and the query parameters, for telling others apart that an upstream might take for them.
  package let guardedCookies: GuardedParameterNames
  package let guardedQueries: GuardedParameterNames

  package init(_ places: [TokenPlace]) {
    for place in places {
      switch place {
      case .header(let name):
        headers.append(Array(name.utf8))
        if KnownField(name: Array(name.utf8).span) == .authorization {
          includesAuthorization = true
        } else {
          otherHeaders.append(Array(name.utf8))
        }
      case .cookie(let name): cookies.append(Array(name.utf8))
      case .query(let name): queries.append(Array(name.utf8))
      case .webSocketProtocol(let name): webSocketProtocols.append(Array(name.utf8))
      }
    }
    guardedCookies = GuardedParameterNames(cookies)
    guardedQueries = GuardedParameterNames(queries)
  }

  /// Looks at every place.
  ///
  /// A token that is there and not understood is malformed, never missing. Credentials of another scheme than `Bearer` are no token: they are
  /// for the upstream. A field that only trusted peers may send is looked at in their requests alone.
  func search(_ head: borrowing RequestHead, from peer: Peer) -> TokenSearch {
    var search = TokenSearch.none
    if includesAuthorization {
      var line = head.fields.first(.authorization)
      while let index = line {
        search.meet(fieldLine: index, of: head)
        line = head.fields.next(.authorization, from: index &+ 1)
      }
    }
    for name in otherHeaders where peer.maySend(name.span) {
      var line = head.fields.first(named: name.span)
      while let index = line {
        search.meet(fieldLine: index, of: head)
        line = head.fields.first(named: name.span, from: index &+ 1)
      }
    }
    if !cookies.isEmpty { searchCookies(head, &search) }
    if !queries.isEmpty { searchQuery(head, &search) }
    if !webSocketProtocols.isEmpty { searchProtocols(head, &search) }
    return search
  }

  private func searchCookies(_ head: borrowing RequestHead, _ search: inout TokenSearch) {
    var line = head.fields.first(.cookie)
    while let index = line {
      let value = head.fields.value(at: index)
      var position = 0
      while let cookie = value.nextCookie(&position) {
        if cookies.contains(where: { $0.span.equals(value.extracting(cookie.name).trimmed) }) {
          search.meet(TokenLocation(place: .cookie(line: index), range: cookie.value), in: head)
        }
      }
      line = head.fields.next(.cookie, from: index &+ 1)
    }
  }

  /// A query names its token for safe retrieval only: other methods with one in it are cross-site requests too easily.
  private func searchQuery(_ head: borrowing RequestHead, _ search: inout TokenSearch) {
    guard head.method == .get || head.method == .head, let query = head.target.query else { return }
    var position = 0
    while let parameter = query.nextParameter(&position) {
      if queries.contains(where: { query.extracting(parameter.name).equalsDecoded($0.span) }) {
        search.meet(TokenLocation(place: .query, range: parameter.value), in: head)
      }
    }
  }

  /// Browsers let a page set no field of a handshake but the protocols that it asks for, so the token stands among them, behind a
  /// name of its own.
  private func searchProtocols(_ head: borrowing RequestHead, _ search: inout TokenSearch) {
    guard head.isWebSocketUpgrade else { return }
    var isBehindName = false
    var line = head.fields.first(.secWebSocketProtocol)
    while let index = line {
      let value = head.fields.value(at: index)
      var position = 0
      while let element = value.nextListElement(&position) {
        if isBehindName {
          isBehindName = false
          search.meet(TokenLocation(place: .webSocketProtocol(line: index), range: element), in: head)
        } else {
          isBehindName = isTokenName(value.extracting(element))
        }
      }
      line = head.fields.next(.secWebSocketProtocol, from: index &+ 1)
    }
    if isBehindName { search.meet(nil, in: head) }
  }

  /// The protocol that the handshake offers for its token's sake, as it is spelt there; nil for other requests.
  ///
  /// An upstream never hears of it. Where that selects none, the answer selects this one, for a browser that has asked for
  /// protocols takes no WebSocket without.
  package func webSocketProtocol(offeredIn head: borrowing RequestHead) -> [UInt8]? {
    guard !webSocketProtocols.isEmpty, head.isWebSocketUpgrade else { return nil }
    var line = head.fields.first(.secWebSocketProtocol)
    while let index = line {
      let value = head.fields.value(at: index)
      var position = 0
      while let element = value.nextListElement(&position) {
        if isTokenName(value.extracting(element)) { return value.extracting(element).array }
      }
      line = head.fields.next(.secWebSocketProtocol, from: index &+ 1)
    }
    return nil
  }

  private func isTokenName(_ element: Span<UInt8>) -> Bool {
    webSocketProtocols.contains { $0.span.equalsIgnoringCase(element) }
  }

  /// The places whose credentials are taken out of forwarded requests.
  ///
  /// - Parameter forwardsToken: whether upstreams may see the token; among WebSocket protocols it is none that they could speak.
  func credentialPlaces(forwardsToken: Bool) -> CredentialPlaces {
    var places = CredentialPlaces()
    places.webSocketProtocols = webSocketProtocols
    places.guardedCookies = guardedCookies
    places.guardedParameters = guardedQueries
    if forwardsToken { return places }
    for name in headers { places.fields.insert(name.span.text) }
    places.cookies = cookies
    places.parameters = queries
    return places
  }
}

/// The outcome of a search in all places.
enum TokenSearch {
  case none
  case found(TokenLocation)
  /// Something stands where a token should, and is none.
  case malformed
  /// Two places hold different ones.
  case ambiguous(TokenLocation, TokenLocation)

  /// Takes a field line into account.
  mutating func meet(fieldLine line: Int, of head: borrowing RequestHead) {
    switch AuthorizationValue(head.fields.value(at: line)) {
    case .token(let range): meet(TokenLocation(place: .header(line: line), range: range), in: head)
    case .otherScheme: break
    }
  }

  /// Takes one more find into account; nil stands for a token that isn't where one was announced.
  mutating func meet(_ location: TokenLocation?, in head: borrowing RequestHead) {
    guard let location else {
      self = .malformed
      return
    }
    switch self {
    case .none: self = .found(location)
    case .found(let known):
      if !known.bytes(in: head).equals(location.bytes(in: head)) {
        self = .ambiguous(known, location)
      } else if known.isCookie {
        // The same token from a place that no browser fills by itself.
        self = .found(location)
      }
    case .malformed, .ambiguous: break
    }
  }
}

/// The position of a token in a request head.
struct TokenLocation {
  enum Place {
    case header(line: Int)
    case cookie(line: Int)
    case query
    case webSocketProtocol(line: Int)
  }

  let place: Place
  /// In the line's value, or in the query.
  let range: Range<Int>

  /// True if browsers send it along unasked.
  var isCookie: Bool {
    switch place {
    case .cookie: true
    case .header, .query, .webSocketProtocol: false
    }
  }

  @_lifetime(borrow head)
  func bytes(in head: borrowing RequestHead) -> Span<UInt8> {
    switch place {
    case .header(let line), .cookie(let line), .webSocketProtocol(let line):
      return head.fields.value(at: line).extracting(range)
    case .query:
      guard let query = head.target.query else { return head.target.path.extracting(0..<0) }
      return query.extracting(range)
    }
  }
}

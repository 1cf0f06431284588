import Bytes
import HTTP

/// The ways to cut bytes into the pieces in which a reader gets them.
enum Cut {
  case whole
  case at(Int)
  case everywhere
  case places([Int])

  func ends(_ count: Int) -> [Int] {
    switch self {
    case .whole: [count]
    case .at(let offset): [offset, count]
    case .everywhere: Array(0...count)
    case .places(let places): places.sorted() + [count]
    }
  }
}

extension Fields {
  var texts: [String] {
    var texts: [String] = []
    for index in 0..<count {
      let text = "field \(Corpus.escaped(name(at: index).array)): \(Corpus.escaped(value(at: index).array))"
      texts.append(value(at: index).isEmpty ? String(text.dropLast()) : text)
    }
    return texts
  }
}

extension MessageFraming {
  /// As the corpus writes it.
  var word: String {
    switch self {
    case .none: "none"
    case .length(let count): "length \(count)"
    case .chunked: "chunked"
    case .untilClose: "until close"
    }
  }
}

extension RequestTarget {
  var queryBytes: [UInt8]? {
    if let query { return query.array }
    return nil
  }
}

private func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }

/// All that a reader finds in the bytes, a line each.
enum Readings {
  static func request(_ bytes: [UInt8], cut: Cut = .whole, limits: HeadLimits = .request) -> [String] {
    var head = RequestHead()
    return request(bytes, cut: cut, limits: limits, into: &head)
  }

  static func request(
    _ bytes: [UInt8], cut: Cut = .whole, limits: HeadLimits = .request, into head: inout RequestHead
  ) -> [String] {
    var parser = RequestHeadParser(limits: limits)
    for end in cut.ends(bytes.count) {
      switch parser.parse(bytes.span.extracting(0..<end), into: &head) {
      case .needsMore: continue
      case .rejected(let rejection): return ["rejected \(rejection.status) \(rejection.reason)"]
      case .complete(let count):
        return texts(head, keepsAlive: parser.keepsConnection) + ["rest \(bytes.count - count)"]
      }
    }
    return ["needs more"]
  }

  static func texts(_ head: borrowing RequestHead, keepsAlive: Bool) -> [String] {
    let form = head.target.isAsterisk ? "asterisk" : head.scheme == nil ? "origin" : "absolute"
    var texts = [
      "method \(head.method.text)", "version \(head.version == .http11 ? "1.1" : "1.0")", "form \(form)",
      "path \(head.target.path.text)", "query \(head.target.queryBytes.map(Corpus.escaped) ?? "none")",
      "host \(head.host.text)", "port \(head.port.map { "\($0)" } ?? "none")",
      "framing \(MessageFraming(ofRequest: head.body).word)",
      "keeps-alive \(yes(keepsAlive))", "expects-continue \(yes(head.expectsContinue))",
      "websocket \(yes(head.isWebSocketUpgrade))", "encoded-slash \(yes(head.target.hasEncodedSlash))",
    ]
    if head.target.hasParameters {
      texts.append("without-parameters \(head.target.pathWithoutParameters.span.text)")
    }
    return texts + head.fields.texts
  }

  static func response(_ bytes: [UInt8], to method: Method = .get, cut: Cut = .whole) -> [String] {
    var head = ResponseHead()
    return response(bytes, to: method, cut: cut, into: &head)
  }

  static func response(
    _ bytes: [UInt8], to method: Method = .get, cut: Cut = .whole, into head: inout ResponseHead
  ) -> [String] {
    var parser = ResponseHeadParser()
    for end in cut.ends(bytes.count) {
      switch parser.parse(bytes.span.extracting(0..<end), requestMethod: method, into: &head) {
      case .needsMore: continue
      case .rejected(let rejection): return ["rejected \(rejection.reason)"]
      case .complete(let count):
        return [
          "status \(head.status)", "reason \(Corpus.escaped(head.reason.array))", "framing \(parser.framing.word)",
          "keeps-alive \(yes(parser.keepsConnection))", "length \(head.contentLength.map { "\($0)" } ?? "none")",
        ] + head.fields.texts + ["rest \(bytes.count - count)"]
      }
    }
    return ["needs more"]
  }

  static func proxyHeader(_ bytes: [UInt8], cut: Cut = .whole) -> [String] {
    for end in cut.ends(bytes.count) {
      switch ProxyHeader.parse(bytes.span.extracting(0..<end)) {
      case .needsMore: continue
      case .malformed(let fault): return ["rejected \(fault)"]
      case .complete(let header):
        let rest = "rest \(bytes.count - header.byteCount)"
        switch header.source {
        case .unnamed: return ["no peer", rest]
        case .unixSocket: return ["peer on a unix socket", rest]
        case .address(let address, let port): return ["peer \(address) port \(port)", rest]
        }
      }
    }
    return ["needs more"]
  }

  static func chunks(_ bytes: [UInt8], of message: ChunkedDecoder.Message = .request, cut: Cut = .whole) -> [String] {
    var decoder = ChunkedDecoder(message, keepsTrailers: true)
    var payload: [UInt8] = []
    var start = 0
    for end in cut.ends(bytes.count) {
      var piece = Array(bytes[start..<end])
      var span = piece.mutableSpan
      let progress = decoder.decode(&span)
      payload += piece[progress.payload]
      start += progress.consumedCount
      switch progress.state {
      case .needsMore: continue
      case .rejected(let rejection): return ["payload \(Corpus.escaped(payload))", "rejected \(rejection.reason)"]
      case .finished:
        return ["payload \(Corpus.escaped(payload))", "finished", "rest \(bytes.count - start)"]
          + decoder.trailers.texts
      }
    }
    return ["payload \(Corpus.escaped(payload))", "needs more"]
  }
}

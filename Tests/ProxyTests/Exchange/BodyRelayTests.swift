import Bytes
import HTTP
import Testing
import Transport

@testable import Proxy

@Suite struct `A body relay` {
  private func relay(limit: UInt64 = .max) -> BodyRelay { BodyRelay(limit: limit, buffers: BufferPool()) }

  @Test func `moves all that is there and ends the body behind it`() {
    var relay = relay()
    var source = ScriptedSource([.payload("one"), .framing, .payload("two"), .end])
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == .finished)
    #expect(sink.written == "onetwo")
    #expect(sink.isEnded == true)
    #expect(relay.payloadCount == 6)
  }

  @Test func `ends a message without a body, and reads nothing`() {
    var relay = relay()
    var source = ScriptedSource([.end])
    var payload = ByteBuffer()
    _ = source.readBody(into: &payload)
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == .finished)
    #expect(sink.isEnded == true)
    #expect(source.readCount == 1)
  }

  @Test func `waits for the source, with all that came written`() {
    var relay = relay()
    var source = ScriptedSource([.payload("one"), .wouldBlock])
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == .needsSource)
    #expect(sink.written == "one")
    #expect(sink.isEnded == false)
    source.add(.payload("two"))
    source.add(.end)
    #expect(relay.step(from: &source, to: &sink) == .finished)
    #expect(sink.written == "onetwo")
  }

  @Test func `writes a head although nothing of the body has come`() {
    var relay = relay()
    var source = ScriptedSource([])
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == .needsSource)
    // The sink was asked once, which is when it writes what waits before the payload.
    #expect(sink.written == "")
    #expect(sink.isEnded == false)
  }

  @Test func `reads nothing more while the sink has no room`() {
    var relay = relay()
    var source = ScriptedSource([.payload("0123456789"), .payload("next"), .end])
    var sink = ScriptedSink(room: [4, 0, 3])
    #expect(relay.step(from: &source, to: &sink) == .needsSink)
    #expect(relay.step(from: &source, to: &sink) == .needsSink)
    #expect(relay.step(from: &source, to: &sink) == .needsSink)
    #expect(sink.written == "0123456")
    #expect(source.readCount == 1)
    #expect(relay.step(from: &source, to: &sink) == .finished)
    #expect(sink.written == "0123456789next")
  }

  @Test func `gives others a turn after a burst`() {
    var relay = relay()
    var source = ScriptedSource([])
    for _ in 0..<40 { source.add(.payload("x")) }
    source.add(.end)
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == .needsTurn)
    #expect(source.readCount == 16)
    #expect(relay.step(from: &source, to: &sink) == .needsTurn)
    #expect(relay.step(from: &source, to: &sink) == .finished)
    #expect(sink.written.count == 40)
  }

  @Test(arguments: [(9, true), (10, false), (11, false)])
  func `takes a body of as many bytes as the limit and not one more`(limit: UInt64, isTooLarge: Bool) {
    var relay = relay(limit: limit)
    var source = ScriptedSource([.payload("01234"), .payload("56789"), .end])
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == (isTooLarge ? .failed(.tooLarge) : .finished))
    #expect(sink.written == (isTooLarge ? "01234" : "0123456789"))
  }

  @Test func `does not wait for what is announced beyond the limit`() {
    var relay = relay(limit: 10)
    var source = ScriptedSource([.framing])
    source.announcedCount = 11
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == .failed(.tooLarge))
    #expect(sink.hasBegunMessage == false)
  }

  @Test func `an end that comes too early is no end`() {
    var relay = relay()
    var source = ScriptedSource([.payload("half"), .failed(.sourceClosed(nil))])
    var sink = ScriptedSink()
    #expect(relay.step(from: &source, to: &sink) == .failed(.sourceClosed(nil)))
    #expect(sink.written == "half")
    #expect(sink.isEnded == false)
  }

  @Test func `says that the sink has failed`() {
    var relay = relay()
    var source = ScriptedSource([.payload("x"), .end])
    var sink = ScriptedSink()
    sink.failure = SystemError(code: 104)
    #expect(relay.step(from: &source, to: &sink) == .failed(.sinkFailed(SystemError(code: 104))))
  }

  @Test(arguments: [
    (BodyRelay.Step.failed(.tooLarge), "body_too_large"),
    (.failed(.sourceClosed(nil)), "response_incomplete"),
    (.failed(.sinkFailed(SystemError(code: 1))), ""), (.finished, ""), (.needsSource, ""),
  ])
  func `another message may take the place of one of which nothing was written`(step: BodyRelay.Step, why: String) {
    #expect(BodyRelay.malformation(in: step, hasBegun: false).map(\.description) ?? "" == why)
    #expect(BodyRelay.malformation(in: step, hasBegun: true) == nil)
  }
}

extension BodyRelay.Step: CustomTestStringConvertible {
  public var testDescription: String { "\(self)" }
}

@Suite struct `One way of a tunnel` {
  @Test func `passes everything on as it is, and ends with its sender`() {
    var way = TunnelWay(buffers: BufferPool())
    var source = ScriptedSource([.payload("one"), .wouldBlock, .payload("two")])
    var sink = ScriptedSink()
    #expect(way.step(from: &source, to: &sink) == .needsSource)
    #expect(sink.written == "one")
    #expect(way.step(from: &source, to: &sink) == .needsSource)
    source.add(.end)
    #expect(way.step(from: &source, to: &sink) == .finished)
    #expect(sink.written == "onetwo")
    #expect(way.byteCount == 6)
  }

  @Test func `keeps what the receiver does not take, and reads nothing before that is written`() {
    var way = TunnelWay(buffers: BufferPool())
    var source = ScriptedSource([.payload("0123456789"), .payload("x")])
    var sink = ScriptedSink(room: [3, 3])
    #expect(way.step(from: &source, to: &sink) == .needsSink)
    #expect(way.step(from: &source, to: &sink) == .needsSink)
    #expect(way.byteCount == 6)
    #expect(source.readCount == 1)
    #expect(way.step(from: &source, to: &sink) == .needsSource)
    #expect(sink.written == "0123456789x")
  }

  @Test func `tells the failures of both sides apart`() {
    var way = TunnelWay(buffers: BufferPool())
    var broken = ScriptedSource([.failed(.sourceClosed(nil))])
    var sink = ScriptedSink()
    #expect(way.step(from: &broken, to: &sink) == .sourceFailed)
    var source = ScriptedSource([.payload("x")])
    sink.failure = SystemError(code: 32)
    #expect(way.step(from: &source, to: &sink) == .sinkFailed)
  }
}

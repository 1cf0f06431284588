import Glibc
import Transport

@testable import Proxy

/// The way upstream: each connection that the gateway opens is a link with an upstream at its end, or with nobody.
final class SimulatedNetwork: Connector {
  weak var simulation: Simulation?

  func connect(to address: SocketAddress) throws(SystemError) -> Channel {
    guard let simulation else { throw SystemError(code: ENETUNREACH) }
    let isWell = !simulation.swarm.hasConnectFaults || simulation.random.chance(4, in: 5)
    let way = isWell ? 0 : simulation.random.number(in: 1...4)
    switch way {
    case 1: throw SystemError(code: ECONNREFUSED)
    case 2: throw SystemError(code: EMFILE)
    default: break
    }
    let link = simulation.makeLink()
    if way == 3 { return link.open(isConnected: false) }  // Nobody ever answers.
    if way == 4 {
      link.connectionFailure = SystemError(code: ECONNREFUSED)
      simulation.after(simulation.random.number(in: 0...50_000_000)) { link.answerConnect() }
      return link.open(isConnected: false)
    }
    let upstream = SimulatedUpstream(over: link, in: simulation)
    if simulation.random.chance(1, in: 2) {
      let socket = link.open(isConnected: true)
      upstream.begin()
      return socket
    }
    simulation.after(simulation.random.delay(isLong: false)) {
      link.answerConnect()
      upstream.begin()
    }
    return link.open(isConnected: false)
  }
}

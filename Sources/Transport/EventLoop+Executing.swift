import Bytes
import Glibc
import Synchronization

/// The loop as an executor: jobs of tasks, and calls from other threads.
extension EventLoop {
  @usableFromInline package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard isIsolatingCurrentContext() == true else { return signal { $0.jobs.append(job) } }
    if state.value.isRunningJob {
      state.value.nested.append(job)
    } else {
      asJob {
        unsafe job.runSynchronously(
          isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
      }
    }
  }

  @usableFromInline package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    unsafe UnownedSerialExecutor(ordinary: self)
  }

  @usableFromInline package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    unsafe UnownedTaskExecutor(ordinary: self)
  }

  @usableFromInline package func isIsolatingCurrentContext() -> Bool? {
    thread.load(ordering: .relaxed) == Self.currentThread
  }

  @usableFromInline package func checkIsolated() {
    precondition(isIsolatingCurrentContext() == true, "not on the loop's thread")
  }

  /// Runs `body` as if it were a job, then the jobs that it has made ready.
  ///
  /// While it runs, jobs are queued instead of run inside it: every call into the loop's world has to come through here.
  func asJob(_ body: () -> Void) {
    guard !state.value.isRunningJob else { return body() }
    state.value.isRunningJob = true
    body()
    while true {
      if state.value.nestedStart < state.value.nested.count {
        let job = state.value.nested[state.value.nestedStart]
        state.value.nestedStart += 1
        unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
      } else if state.value.wokenStart < state.value.woken.count {
        let (handler, wake) = state.value.woken[state.value.wokenStart]
        state.value.wokenStart += 1
        handler.didWake(wake)
      } else {
        break
      }
    }
    if state.value.nestedStart > 0 {
      state.value.nested.removeAll(keepingCapacity: true)
      state.value.nestedStart = 0
    }
    if state.value.wokenStart > 0 {
      state.value.woken.removeAll(keepingCapacity: true)
      state.value.wokenStart = 0
    }
    state.value.isRunningJob = false
  }

  func signal(_ change: (inout sending Inbox) -> Void) {
    let mustWake = inbox.withLock { inbox in
      change(&inbox)
      defer { inbox.isSignalled = true }
      return !inbox.isSignalled
    }
    if mustWake { poller.wakeUp() }
  }

  func drainInbox() {
    poller.clearWakeUp()
    let (jobs, calls) = inbox.withLock { inbox in
      defer { inbox = Inbox() }
      return (inbox.jobs, inbox.calls)
    }
    asJob {
      for job in jobs {
        unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
      }
      for call in calls { call() }
    }
  }

  static var currentThread: UInt { UInt(pthread_self()) }
}

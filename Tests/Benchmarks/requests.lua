-- What wrk sends. TOKENS is a file with a token a line (none: no Authorization), METHOD and BODY are the method and the body's size.
-- The requests are made beforehand, so that all of them cost wrk the same.
local requests, at = {}, 0

function init(arguments)
  wrk.method = os.getenv("METHOD")
  local size = tonumber(os.getenv("BODY"))
  if size > 0 then
    wrk.body = string.rep("x", size)
  end
  local file = os.getenv("TOKENS")
  if file == "" then
    requests[1] = wrk.format()
  else
    for line in io.lines(file) do
      wrk.headers["Authorization"] = "Bearer " .. line
      requests[#requests + 1] = wrk.format()
    end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status, latency:percentile(99)))
end

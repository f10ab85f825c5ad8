-- What wrk sends: one MCP request after another on each connection.
--
--	wrk ... -s mcp.lua http://127.0.0.1:PORT/mcp -- [tool=echo] [args=JSON] [sessions=FILE]
--	    [numbered=1]
--
-- With "numbered" the arguments of each call are {"n": its id}: no two calls ask for the same, so
-- that no server can answer two of them with one request to its upstream.
-- Without sessions it speaks MCP 2026-07-28; with it, 2025-11-25 with the session ids of the file,
-- one a line, in turn. Ids have a fixed width, so a request is three strings put together.
-- The last line of the output is: FIGURES, then requests a second, the 50th and 99th percentile
-- and the maximum in microseconds, requests, replies that were not 200, errors of sockets, timeouts.
local threads = {}

function setup(thread)
	thread:set("number", #threads)
	table.insert(threads, thread)
end

local heads, middle, tail, id = {}, nil, "", 0

local function head(session, options, length)
	local lines = {
		"POST " .. wrk.path .. " HTTP/1.1", "Host: " .. wrk.host .. ":" .. wrk.port,
		"Content-Type: application/json", "Accept: application/json, text/event-stream",
		"User-Agent: wrk", "Content-Length: " .. length,
	}
	if session then
		table.insert(lines, "MCP-Protocol-Version: 2025-11-25")
		table.insert(lines, "Mcp-Session-Id: " .. session)
	else
		table.insert(lines, "MCP-Protocol-Version: 2026-07-28")
		table.insert(lines, "Mcp-Method: tools/call")
		table.insert(lines, "Mcp-Name: " .. options.tool)
	end
	return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

function init(argv)
	local options = { tool = "echo", args = '{"text":"hello from the benchmark"}' }
	local first, sessions = '{"jsonrpc":"2.0","id":', { false }
	local meta = ',"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",' ..
	    '"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0"},' ..
	    '"io.modelcontextprotocol/clientCapabilities":{}}'

	for _, word in ipairs(argv) do
		local name, value = word:match("^(%w+)=(.*)$")
		if name then options[name] = value end
	end
	if options.sessions then
		sessions = {}
		for line in io.lines(options.sessions) do table.insert(sessions, line) end
	end
	tail = (options.sessions and "" or meta) .. "}}"
	middle = ',"method":"tools/call","params":{"name":"' .. options.tool .. '","arguments":'
	if options.numbered then
		middle, tail = middle .. '{"n":', "}" .. tail
	else
		middle, tail = nil, middle .. options.args .. tail
	end
	local length = #first + 10 + #tail + (middle and #middle + 10 or 0)
	for at, session in ipairs(sessions) do
		heads[at] = head(session, options, length) .. first
	end
	id = 1000000000 + number * 100000000
end

function request()
	id = id + 1
	if middle then return heads[id % #heads + 1] .. id .. middle .. id .. tail end
	return heads[id % #heads + 1] .. id .. tail
end

function done(summary, latency, _)
	local errors = summary.errors

	io.write(string.format("FIGURES %.0f %.0f %.0f %.0f %d %d %d %d\n",
	    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
	    latency.max, summary.requests, errors.status, errors.connect + errors.read + errors.write,
	    errors.timeout))
end

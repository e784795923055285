-- tcpwhy's verdicts in Wireshark and tshark: on the first SYN of each connect how it ended and why,
-- as fields for columns and display filters (tcpwhy.outcome == "dropped"), in the expert
-- information, and the findings in a window (Tools, tcpwhy).
--
-- The plugin runs `tcpwhy read` once on the file that is open, and reads its JSON. How to install
-- it: contrib/README.md.

local tcpwhy = Proto("tcpwhy", "tcpwhy")

tcpwhy.prefs.program = Pref.string("Program", "tcpwhy", "The program, with its folder where it is not in PATH")
tcpwhy.prefs.options = Pref.string("Options", "", "More options for tcpwhy read, as --patience 5")
tcpwhy.prefs.file = Pref.string("File", "", "The capture, where the system does not tell which one is open")

local fields = {
    outcome = ProtoField.string("tcpwhy.outcome", "Outcome"),
    cause = ProtoField.string("tcpwhy.cause", "Cause"),
    confidence = ProtoField.string("tcpwhy.confidence", "Confidence"),
    trouble = ProtoField.string("tcpwhy.trouble", "Trouble"),
    app_error = ProtoField.string("tcpwhy.app_error", "The application saw"),
    note = ProtoField.string("tcpwhy.note", "Note"),
    attempt = ProtoField.framenum("tcpwhy.attempt", "Begins with", base.NONE, frametype.REQUEST),
    finding = ProtoField.string("tcpwhy.finding", "Finding"),
    statement = ProtoField.string("tcpwhy.statement", "Says"),
}
local listed = {}
for _, field in pairs(fields) do
    listed[#listed + 1] = field
end
tcpwhy.fields = listed

local experts = {
    failed = ProtoExpert.new("tcpwhy.failed", "Connect failed", expert.group.SEQUENCE, expert.severity.WARN),
    in_trouble = ProtoExpert.new("tcpwhy.in_trouble", "Connect in trouble", expert.group.SEQUENCE, expert.severity.NOTE),
    found = ProtoExpert.new("tcpwhy.found", "Finding", expert.group.SEQUENCE, expert.severity.WARN),
}
tcpwhy.experts = { experts.failed, experts.in_trouble, experts.found }

-- What tcpwhy said of the open file: attempts by their first packet, the first packets by each
-- packet that proves something, findings by the packet that proves them.
local verdicts = nil

-- JSON, as much of it as tcpwhy writes. ----------------------------------------------------------

local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function utf8_of(code)
    if code < 0x80 then
        return string.char(code)
    elseif code < 0x800 then
        return string.char(0xc0 + math.floor(code / 0x40), 0x80 + code % 0x40)
    elseif code < 0x10000 then
        return string.char(0xe0 + math.floor(code / 0x1000), 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
    end
    return string.char(0xf0 + math.floor(code / 0x40000), 0x80 + math.floor(code / 0x1000) % 0x40,
        0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

local function decoded_string(text, at)
    local parts = {}
    while true do
        local plain, stop = text:match('^([^"\\]*)()', at)
        parts[#parts + 1] = plain
        local mark = text:sub(stop, stop)
        if mark == '"' then
            return table.concat(parts), stop + 1
        elseif mark ~= "\\" then
            error("a string without an end")
        end
        local letter = text:sub(stop + 1, stop + 1)
        at = stop + 2
        if letter == "u" then
            local code = tonumber(text:sub(at, at + 3), 16) or 0xfffd
            at = at + 4
            -- The second half of what does not fit into one escape.
            local low = code >= 0xd800 and code < 0xdc00 and text:match("^\\u([dD][c-fC-F]%x%x)", at)
            if low then
                code = 0x10000 + (code - 0xd800) * 0x400 + (tonumber(low, 16) - 0xdc00)
                at = at + 6
            end
            parts[#parts + 1] = utf8_of(code)
        else
            parts[#parts + 1] = escapes[letter] or letter
        end
    end
end

local decoded

local function skipped(text, at)
    return text:match("^%s*()", at)
end

local function decoded_list(text, at)
    local list = {}
    at = skipped(text, at)
    while text:sub(at, at) ~= "]" do
        list[#list + 1], at = decoded(text, at)
        at = text:match("^%s*,?%s*()", at)
    end
    return list, at + 1
end

local function decoded_object(text, at)
    local object = {}
    at = skipped(text, at)
    while text:sub(at, at) == '"' do
        local name
        name, at = decoded_string(text, at + 1)
        at = text:match("^%s*:%s*()", at) or error("no value for " .. name)
        object[name], at = decoded(text, at)
        at = text:match("^%s*,?%s*()", at)
    end
    if text:sub(at, at) ~= "}" then
        error("an object without an end")
    end
    return object, at + 1
end

decoded = function(text, at)
    local mark = text:sub(at, at)
    if mark == "{" then
        return decoded_object(text, at + 1)
    elseif mark == "[" then
        return decoded_list(text, at + 1)
    elseif mark == '"' then
        return decoded_string(text, at + 1)
    end
    local word, stop = text:match("^([%w+%-.]+)()", at)
    if word == "true" then
        return true, stop
    elseif word == "false" then
        return false, stop
    elseif word == "null" then
        return nil, stop
    end
    local number = tonumber(word or "")
    if not number then
        error("not JSON")
    end
    return number, stop
end

-- Which file is open. --------------------------------------------------------------------------

local function is_windows()
    return package.config:sub(1, 1) == "\\"
end

local function quoted(word)
    if is_windows() then
        return '"' .. word:gsub('"', "") .. '"'
    end
    return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function output_of(command)
    local pipe = io.popen(command)
    if not pipe then
        return ""
    end
    local text = pipe:read("*a") or ""
    pipe:close()
    return text
end

-- The beginnings of captures, plain and compressed.
local beginnings = {
    "\212\195\178\161", "\161\178\195\212", "\77\60\178\161", "\161\178\60\77", "\52\205\178\161", "\161\178\205\52",
    "\10\13\13\10", "snoop", "\31\139", "\40\181\47\253", "\4\34\77\24", "\2537zXZ",
}

local function is_capture(path)
    local file = io.open(path, "rb")
    if not file then
        return false
    end
    local head = file:read(8) or ""
    file:close()
    for _, beginning in ipairs(beginnings) do
        if head:sub(1, #beginning) == beginning then
            return true
        end
    end
    return false
end

-- Lua is not told: the system knows which files this program has open, the newest one last.
local function open_capture()
    if tcpwhy.prefs.file ~= "" then
        return tcpwhy.prefs.file
    end
    if is_windows() then
        return nil
    end
    local found = nil
    local linux = 'for n in $(ls /proc/$PPID/fd | sort -n); do readlink "/proc/$PPID/fd/$n"; done 2>/dev/null'
    local others = "lsof -p $PPID -Fn 2>/dev/null | sed -n 's/^n//p'"
    local names = output_of(linux)
    if names == "" then
        names = output_of(others)
    end
    for name in names:gmatch("[^\n]+") do
        if name:sub(1, 1) == "/" and is_capture(name) then
            found = name
        end
    end
    return found
end

-- Asking tcpwhy. -------------------------------------------------------------------------------

local function note(list, packet, item)
    list[packet] = list[packet] or {}
    table.insert(list[packet], item)
end

local function sorted_out(report)
    local told = { attempts = {}, parts = {}, findings = {}, all_findings = report.findings or {}, by_finding = {} }
    for _, attempt in ipairs(report.attempts or {}) do
        local first = attempt.first_packet
        if first then
            note(told.attempts, first.packet, attempt)
            for _, evidence in ipairs(attempt.evidence or {}) do
                if evidence.packet ~= first.packet then
                    note(told.parts, evidence.packet, first.packet)
                end
            end
        end
    end
    for _, finding in ipairs(told.all_findings) do
        for _, words in ipairs(finding.evidence or {}) do
            local proof = tonumber(words:match("^attempt (%d+): packet"))
            if proof then
                note(told.findings, proof, finding)
                finding.proof = proof
                break
            end
        end
    end
    return told
end

local function asked(path)
    local words = quoted(tcpwhy.prefs.program) .. " read --quiet --format json --max-attempts 100000 "
    local command = words .. tcpwhy.prefs.options .. " " .. quoted(path)
    local text = output_of(is_windows() and '"' .. command .. '"' or command .. " 2>/dev/null")
    if text:sub(1, 1) ~= "{" then
        return nil, "tcpwhy: '" .. tcpwhy.prefs.program .. "' cannot be run, or does not read this file. "
            .. "Install it, or say where it is: Preferences, Protocols, TCPWHY (-o tcpwhy.program:PATH)"
    end
    local works, report = pcall(decoded, text, 1)
    if not works then
        return nil, "tcpwhy: its answer cannot be read: " .. tostring(report)
    end
    return sorted_out(report)
end

-- Told once: packets are many.
local complaint = nil

local function complain(text)
    if complaint ~= text then
        complaint = text
        if gui_enabled() then
            report_failure(text)
        else
            io.stderr:write(text, "\n")
        end
    end
end

local function known()
    if verdicts == nil then
        verdicts = { attempts = {}, parts = {}, findings = {}, all_findings = {} }
        local path = open_capture()
        if path then
            local told, problem = asked(path)
            if told then
                verdicts = told
            else
                complain(problem)
            end
        else
            complain("tcpwhy: which file is open cannot be told here. Say it: Preferences, Protocols, TCPWHY (-o tcpwhy.file:PATH)")
        end
    end
    return verdicts
end

-- In the packets. ------------------------------------------------------------------------------

local failed = { reset = true, refused = true, rejected = true, half_open = true, aborted = true, dropped = true }

local function words_of(attempt)
    local words = attempt.outcome:gsub("_", "-")
    if attempt.cause then
        words = words .. ": " .. attempt.cause:gsub("_", " ") .. " (" .. (attempt.confidence or "") .. ")"
    end
    return words
end

local function show_attempt(root, attempt)
    local tree = root:add(tcpwhy, words_of(attempt))
    tree:set_generated()
    tree:add(fields.outcome, attempt.outcome)
    for _, name in ipairs({ "cause", "confidence", "app_error" }) do
        if attempt[name] then
            tree:add(fields[name], attempt[name])
        end
    end
    for _, trouble in ipairs(attempt.trouble or {}) do
        tree:add(fields.trouble, trouble)
    end
    for _, text in ipairs(attempt.notes or {}) do
        tree:add(fields.note, text)
    end
    if failed[attempt.outcome] then
        tree:add_proto_expert_info(experts.failed, words_of(attempt))
    elseif #(attempt.trouble or {}) > 0 then
        tree:add_proto_expert_info(experts.in_trouble, table.concat(attempt.trouble, ", "))
    end
    return tree
end

local function show_finding(root, finding)
    local tree = root:add(tcpwhy, "finding: " .. finding.kind:gsub("_", " ") .. " (" .. finding.confidence .. ")")
    tree:set_generated()
    tree:add(fields.finding, finding.kind)
    tree:add(fields.statement, finding.statement)
    tree:add_proto_expert_info(experts.found, finding.statement)
end

function tcpwhy.dissector(_, packet, root)
    local told = known()
    local number = packet.number
    for _, attempt in ipairs(told.attempts[number] or {}) do
        show_attempt(root, attempt)
    end
    for _, first in ipairs(told.parts[number] or {}) do
        root:add(fields.attempt, first):set_generated()
    end
    for _, finding in ipairs(told.findings[number] or {}) do
        show_finding(root, finding)
    end
end

function tcpwhy.init()
    verdicts = nil
end

function tcpwhy.prefs_changed()
    verdicts = nil
    complaint = nil
end

register_postdissector(tcpwhy)

-- In a window. ---------------------------------------------------------------------------------

local function findings_text()
    local told = known()
    local lines = {}
    for number, finding in ipairs(told.all_findings) do
        lines[#lines + 1] = number .. ". " .. finding.kind:gsub("_", " ") .. " (" .. finding.confidence .. ")"
            .. (finding.proof and ", packet " .. finding.proof or "")
        lines[#lines + 1] = "   " .. finding.statement
        for _, step in ipairs(finding.next_steps or {}) do
            lines[#lines + 1] = "   on " .. step.where .. ":  " .. step.run
        end
        lines[#lines + 1] = "   filter: " .. (finding.display_filter or "-")
        lines[#lines + 1] = ""
    end
    if #lines == 0 then
        lines[1] = "There is no finding: each failure stands for itself (tcpwhy.outcome)."
    end
    return table.concat(lines, "\n")
end

if gui_enabled() then
    register_menu("tcpwhy/Findings", function()
        local window = TextWindow.new("tcpwhy: findings")
        window:set(findings_text())
    end, MENU_TOOLS_UNSORTED)
    register_menu("tcpwhy/Ask again", function()
        verdicts = nil
        complaint = nil
        redissect_packets()
    end, MENU_TOOLS_UNSORTED)
end

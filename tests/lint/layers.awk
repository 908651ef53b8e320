# The reader behind check_layers: first file the rules, then sources.
# Kept to POSIX awk, so that mawk, gawk and busybox agree.

FNR == NR { read_rule($0); next }
FNR == 1  { begin_file() }
          { check_line(code_of($0)) }
END       { exit failed }

function read_rule(line,    words, count, i, colon, only) {
    sub(/#.*/, "", line)
    gsub(/^[ \t]+|[ \t]+$/, "", line)
    if (line == "")
        return
    count = split(line, words, /[ \t]+/)
    for (i = 1; i <= count; i++) {
        if (words[i] == ":") colon = i
        if (words[i] == "only" || words[i] == "anywhere") only = i
    }
    if (colon == 2) {
        folders[words[1]] = 1
        for (i = 3; i <= count; i++)
            may_include[words[1], words[i]] = 1
    } else if (only > 1) {
        for (i = 1; i < only; i++)
            read_subject(words[i], words, only, count)
    } else
        fault(FILENAME, FNR, "cannot be read: " line)
}

function read_subject(subject, words, only, count,    i) {
    if (subject ~ /^<.*>$/) {
        subject = substr(subject, 2, length(subject) - 2)
        headers[subject] = 1
        if (words[only] == "anywhere")
            header_at[subject, "*"] = 1
        for (i = only + 1; i <= count; i++)
            header_at[subject, words[i]] = 1
    } else if (subject ~ /^[a-z_0-9]+\(\)$/) {
        subject = substr(subject, 1, length(subject) - 2)
        calls[subject] = 1
        for (i = only + 1; i <= count; i++)
            call_at[subject, words[i]] = 1
    } else
        fault(FILENAME, FNR, "neither <header> nor call(): " subject)
}

function fault(file, line, text) {
    printf "%s:%d: %s\n", file, line, text
    failed = 1
}

function folder_of(path) {
    return sub(/\/[^\/]*$/, "", path) ? path : "."
}

function begin_file() {
    in_comment = 0
    folder = folder_of(FILENAME)
    if (!(folder in folders))
        fault(FILENAME, 1, "the folder " folder " is not named in tests/lint/layers.txt")
}

# The line without comments; of strings only the quotes are left, but for the name in an #include.
function code_of(line,    out, token, at, include) {
    include = !in_comment && line ~ /^[ \t]*#[ \t]*include/
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (!at)
                return out
            in_comment = 0
            line = substr(line, at + 2)
            out = out " "
            continue
        }
        if (!match(line, /["']|\/\*|\/\//))
            return out line
        token = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + RLENGTH)
        if (token == "//")
            return out
        if (token == "/*") {
            in_comment = 1
            continue
        }
        at = end_of_string(line, token)
        out = out token (include ? substr(line, 1, at - 1) : "") token
        line = substr(line, at + 1)
    }
    return out
}

# Where the string that `line` continues is closed.
function end_of_string(line, quote,    at, c) {
    for (at = 1; at <= length(line); at++) {
        c = substr(line, at, 1)
        if (c == "\\")
            at++
        else if (c == quote)
            return at
    }
    return length(line) + 1
}

function check_line(line) {
    if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
        sub(/^[^"]*"/, "", line)
        sub(/".*/, "", line)
        check_include(line)
    } else if (line ~ /^[ \t]*#[ \t]*include[ \t]*</) {
        sub(/^[^<]*</, "", line)
        sub(/>.*/, "", line)
        check_header(line)
    } else if (line ~ /^[ \t]*#[ \t]*include/)
        fault(FILENAME, FNR, "an #include names its file itself, not through a macro")
    else
        check_calls(line)
}

function check_include(path,    from) {
    from = folder_of(path)
    if ((folder, path) in may_include || (folder, from) in may_include)
        return
    if ((folder, "*") in may_include && from in folders)
        return
    fault(FILENAME, FNR, folder " may not include " path)
}

function check_header(name,    rule) {
    rule = name
    if (!(rule in headers)) {
        rule = name
        sub(/\/.*/, "/*", rule)
    }
    if (!(rule in headers))
        fault(FILENAME, FNR, "<" name "> is not named in tests/lint/layers.txt")
    else if (!((rule, "*") in header_at || (rule, FILENAME) in header_at))
        fault(FILENAME, FNR, "<" name "> belongs to another file")
}

function check_calls(line,    name, before) {
    before = ""
    while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
        before = before substr(line, 1, RSTART - 1)
        name = substr(line, RSTART, RLENGTH - 1)
        line = substr(line, RSTART + RLENGTH)
        sub(/[ \t]*$/, "", name)
        if (name in calls && before !~ /(\.|->)[ \t]*$/ &&
            !((name, folder) in call_at || (name, FILENAME) in call_at))
            fault(FILENAME, FNR, name "() may not be called here")
        before = "("
    }
}

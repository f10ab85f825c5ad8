# Completion of lakehost for fish. The program itself knows the words: lakehost complete.
function __lakehost_words
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete -- $words[2..-1] 2>/dev/null
end
complete -c lakehost -a '(__lakehost_words)'

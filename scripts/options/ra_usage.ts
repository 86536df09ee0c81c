/** What `-h` prints. */
export const USAGE = `usage: ra [options] [- filter-expression]
options: -A                     print record summaries on termination.
         -c <char>              delimiter <char> for output columns.
         -e <regex>             match regular expression in flow user data fields (s: or d: before it for one side).
         -E <file>              write records that are rejected by the filter into <file>.
         -F <conffile>          read configuration from <conffile>.
         -h                     print help.
         -H                     abbreviate numeric values; -p controls their precision.
         -L <n>                 titles: -1 none, 0 once, n every n records.
         -M <mode ...>          rmon, uni, xml, man, noman, TZ='zone', printer='format', dsrs='list'.
         -n                     don't convert numbers to names (-nn protocols too, -nnn everything).
         -N [io]<n>             the first <n> records, or [io]<from-to>, [io]<from+more>.
         -p <digits>            print fractions with <digits> digits.
         -q                     quiet: don't print records.
         -r <file ...>          read records from files, '-' is standard input.
         -R <dir ...>           read all files below directories.
         -s [-][+[#]]field[:w]  fields to print.
         -t <timerange>         time range of records.
         -u                     print time in Unix time format.
         -w <file> [filter]     write records to a file, '-' is standard output.
         -X                     don't read rarc files.
         -z                     print TCP state changes.
         -Z <s|d|b>             print TCP flags of the source, the destination or both.
Not taken: -b -C -d -S -T (remote sources, Netflow, daemon).`;

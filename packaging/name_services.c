/*
 * A program into which glibc is linked still loads the modules that /etc/nsswitch.conf names from
 * the system it runs on, and those are of that system's glibc: with another version a name look-up
 * ends the program. /etc/hosts and DNS are in glibc itself (since 2.34), so a static tcpwhy looks
 * names up by these alone, whatever the file says.
 */
#include <nss.h>

__attribute__((constructor)) static void only_what_is_linked_in(void)
{
    __nss_configure_lookup("hosts", "files dns");
    __nss_configure_lookup("services", "files");
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
}

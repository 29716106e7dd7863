/**
 * What belongs to a servlet container and not to its users (P-14), in every spelling by which Tomcat finds it. The same ones
 * are sent to the gate in front of a recorder and in front of a real Tomcat.
 */
export const CONTAINER_PATHS = [
  ...['/WEB-INF/web.xml', '/dcc/WEB-INF/classes/', '/dcc/WEB-INF', '/public/WEB-INF/web.xml', '/META-INF/MANIFEST.MF'],
  ...['/dcc/web-inf/web.xml', '/dcc/Web-Inf/x', '/dcc/meta-inf/context.xml', '/dcc/WEB-INF;x=1/web.xml'],
  ...['/dcc//WEB-INF/x', '/dcc/WEB%2DINF/web.xml', '/dcc/%57EB-INF/web.xml', '/manager', '/manager/html'],
  ...['/manager/text/deploy?path=/x', '/MANAGER/html', '/manager;x/html', '/%6danager/html', '/host-manager/html'],
  ...['/Host-Manager', '/j_security_check', '/dcc/j_security_check', '/dcc/x/J_SECURITY_CHECK'],
  ...['/dcc/j_security_check;jsessionid=1?j_username=a&j_password=b'],
] as const

import {
  Bell,
  ClipboardCheck,
  FileCheck,
  Globe,
  LayoutDashboard,
  Scale,
  ScrollText,
  Settings,
} from 'lucide-react';
import type { NavigationItem } from '#components/console/frame/navigation-item.ts';

/** What the console offers, once: sidebar, breadcrumb, palette and shortcuts read it. Systems join as they are built. */
export const navigation: NavigationItem[] = [
  { id: 'overview', label: 'Overview', href: '/', icon: LayoutDashboard, shortcut: 'o' },
  {
    id: 'notifications',
    label: 'Notifications',
    href: '/notifications',
    icon: Bell,
    permission: 'notification:own',
    shortcut: 'n',
  },
  {
    id: 'federation',
    label: 'Federation',
    href: '/federation/regions',
    icon: Globe,
    permission: 'region:read',
    children: [
      {
        id: 'regions',
        label: 'Regions',
        href: '/federation/regions',
        permission: 'region:read',
        shortcut: 'r',
      },
      {
        id: 'tenants',
        label: 'Tenants',
        href: '/federation/tenants',
        permission: 'tenant:read',
        shortcut: 't',
      },
      {
        id: 'replication',
        label: 'Replication',
        href: '/federation/replication',
        permission: 'replication:read',
      },
      { id: 'routing', label: 'Routing', href: '/federation/routing', permission: 'route:read' },
      { id: 'failover', label: 'Failover', href: '/federation/failover', permission: 'failover:read' },
      { id: 'metrics', label: 'Metrics', href: '/federation/metrics', permission: 'metrics:query' },
      { id: 'trust', label: 'Trust', href: '/federation/trust', permission: 'trust:read' },
      { id: 'recovery', label: 'Recovery', href: '/federation/recovery', permission: 'recovery:read' },
    ],
  },
  {
    id: 'approvals',
    label: 'Approvals',
    href: '/approvals',
    icon: ClipboardCheck,
    permission: 'approval:read',
    shortcut: 'a',
    count: 'waitingApprovals',
    children: [
      {
        id: 'approval-policies',
        label: 'Policies',
        href: '/approvals/policies',
        permission: 'approval:read',
      },
    ],
  },
  {
    id: 'policies',
    label: 'Policies',
    href: '/policies',
    icon: ScrollText,
    permission: 'policy:read',
    children: [
      { id: 'policy-hub', label: 'Policies', href: '/policies', permission: 'policy:read', shortcut: 'p' },
      { id: 'relays', label: 'Relays', href: '/policies/relays', permission: 'relay:read', shortcut: 'y' },
      { id: 'policy-sync', label: 'Sync', href: '/policies/sync', permission: 'sync:read' },
      { id: 'edge-audits', label: 'Edge audits', href: '/policies/audits', permission: 'edgeaudit:read' },
      { id: 'portal', label: 'Portal', href: '/portal', permission: 'portal:read' },
    ],
  },
  {
    id: 'governance',
    label: 'Governance',
    href: '/governance/ledger',
    icon: Scale,
    permission: 'audit:read',
    children: [
      {
        id: 'incidents',
        label: 'Incidents',
        href: '/governance/incidents',
        permission: 'risk:read',
        shortcut: 'i',
      },
      {
        id: 'telemetry',
        label: 'Telemetry',
        href: '/governance/telemetry',
        permission: 'telemetry:read',
        shortcut: 'm',
      },
      { id: 'sources', label: 'Sources', href: '/governance/sources', permission: 'telemetry:sources' },
      { id: 'risk', label: 'Risk', href: '/governance/risk', permission: 'risk:read' },
      { id: 'proposals', label: 'Proposals', href: '/governance/proposals', permission: 'proposal:read' },
      {
        id: 'executions',
        label: 'Executions',
        href: '/governance/executions',
        permission: 'action:read',
        shortcut: 'x',
      },
      {
        id: 'simulations',
        label: 'Simulation',
        href: '/governance/simulations',
        permission: 'simulation:read',
      },
      { id: 'cost', label: 'Cost', href: '/governance/cost', permission: 'cost:read', shortcut: 'c' },
      { id: 'ledger', label: 'Ledger', href: '/governance/ledger', permission: 'audit:read', shortcut: 'l' },
    ],
  },
  { id: 'reports', label: 'Reports', href: '/reports', icon: FileCheck, permission: 'report:read' },
  {
    id: 'settings',
    label: 'Settings',
    href: '/settings/profile',
    icon: Settings,
    children: [
      { id: 'profile', label: 'Profile', href: '/settings/profile' },
      { id: 'security', label: 'Security', href: '/settings/security', shortcut: 's' },
      {
        id: 'notification-settings',
        label: 'Notification settings',
        href: '/settings/notifications',
        permission: 'notification:own',
      },
      { id: 'channels', label: 'Channels', href: '/settings/channels', permission: 'channel:read' },
      { id: 'deliveries', label: 'Delivery log', href: '/settings/deliveries', permission: 'delivery:read' },
      { id: 'users', label: 'Users', href: '/settings/users', permission: 'user:read', shortcut: 'u' },
      {
        id: 'environment',
        label: 'Environment',
        href: '/settings/environment',
        permission: 'environment:read',
        shortcut: 'e',
        count: 'openAlerts',
      },
      {
        id: 'jobs',
        label: 'Jobs',
        href: '/jobs',
        permission: 'job:read',
        shortcut: 'j',
        count: 'failedJobs',
      },
      { id: 'tokens', label: 'API tokens', href: '/settings/tokens', permission: 'token:read' },
      { id: 'keys', label: 'Signing keys', href: '/settings/keys', permission: 'key:read', shortcut: 'k' },
      {
        id: 'tenant-keys',
        label: 'Tenant signing key',
        href: '/settings/tenant-keys',
        permission: 'token:read',
      },
    ],
  },
];

const allows = (permissions: readonly string[], item: { permission?: string }) =>
  !item.permission || permissions.includes(item.permission);

export const navigationFor = (permissions: readonly string[]): NavigationItem[] =>
  navigation
    .filter(item => allows(permissions, item))
    .map(item =>
      item.children ? { ...item, children: item.children.filter(child => allows(permissions, child)) } : item,
    );

/** From the first group down to the page, by the longest path that fits. */
export function breadcrumb(path: string): { label: string; href: string }[] {
  const all = navigation.flatMap(item => [
    { trail: [item] },
    ...(item.children ?? []).map(child => ({ trail: [item, child] })),
  ]);
  const fits = all.filter(({ trail }) => {
    const href = trail.at(-1)?.href ?? '';
    return path === href || (href !== '/' && path.startsWith(`${href}/`));
  });
  const lengthOf = ({ trail }: (typeof fits)[number]) => trail.at(-1)?.href.length ?? 0;
  const best = fits.sort((a, b) => lengthOf(b) - lengthOf(a) || b.trail.length - a.trail.length)[0];
  const crumbs = (best?.trail ?? []).map(({ label, href }) => ({ label, href }));
  const rest = best
    ? path
        .slice((best.trail.at(-1)?.href ?? '').length)
        .split('/')
        .filter(Boolean)
    : [];
  return [...crumbs, ...rest.map(part => ({ label: readable(part), href: path }))];
}

/** An address that was typed by hand may not decode. */
function readable(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

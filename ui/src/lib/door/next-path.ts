/** Where to go after logging in: a path of this app only, never another site. */
export function pathAfterLogin(url: {
  searchParams: { get(name: string): string | null };
}): string {
  const next = url.searchParams.get('next') ?? '';
  return /^\/(home|desk\/[A-Za-z0-9_-]{1,64})$/.test(next) ? next : '/home';
}

/** Fixed, so that the roles' passwords are the same in every process of a test run. */
export const testSecret = Buffer.alloc(32, 7).toString('base64url');

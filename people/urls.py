"""Addresses of the pages about people, and of signing in."""

from django.contrib.auth import views as auth
from django.urls import path

from people.views import account, audit, invitations, people, signing_in, teams

urlpatterns = [
    path("sign-in/", signing_in.SignIn.as_view(), name="login"),
    path("sign-in/second-step/", signing_in.second_step, name="second-step"),
    path("sign-in/forgotten/", signing_in.reset, name="password-reset"),
    path(
        "sign-in/new-password/<str:uidb64>/<str:token>/",
        signing_in.NewPassword.as_view(),
        name="password-reset-confirm",
    ),
    path("sign-in/invitation/<str:secret>/", signing_in.invitation, name="invitation"),
    path("sign-out/", auth.LogoutView.as_view(), name="logout"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/second-factor/", account.second_factor, name="second-factor"),
    path("account/second-factor/codes/", account.second_factor_codes, name="second-factor-codes"),
    path("account/second-factor/off/", account.second_factor_off, name="second-factor-off"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/details/", people.person_details, name="person-details"),
    path("people/<int:pk>/password/", people.person_password, name="person-password"),
    path("people/<int:pk>/second-factor/", people.person_factor, name="person-factor"),
    path("people/invitations/", invitations.invitations, name="invitations"),
    path(
        "people/invitations/<int:pk>/withdraw/",
        invitations.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("teams/", teams.teams, name="teams"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("audit/", audit.audit, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit-csv"),
]
